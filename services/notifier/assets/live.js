// Keeps an open inbox page up to date. Without this script the page is whole: it shows what stood
// there when it was opened. Nothing is taken from under the hands of whoever writes: it is asked.
"use strict";
(() => {
  const live = document.querySelector("[data-live]");
  const news = document.getElementById("news");
  if (!live || !news || !window.EventSource) return;

  const own = document.getElementById("own");
  let isOwn = own !== null;

  const isBusy = () => {
    const here = document.activeElement;
    if (live.contains(here) && here.matches("input, select, textarea")) return true;
    const changed = (field) =>
      field.type === "checkbox" || field.type === "radio"
        ? field.checked !== field.defaultChecked
        : "defaultValue" in field && field.value !== field.defaultValue;
    return [...live.querySelectorAll("input:not([type=hidden]), textarea")].some(changed) ||
      [...live.querySelectorAll("details.folded[open]")].length > 0;
  };

  const address = () => {
    const url = new URL(location.href);
    url.searchParams.delete("done");
    url.hash = "";
    return url;
  };

  const say = (text, link) => {
    // One notice at a time: what happened since stands with what the reader was told of its word,
    // and what is to be done about it, which has to stay in sight, in its place.
    if (own?.isConnected && !link) {
      const more = own.querySelector("span") ?? own.appendChild(document.createElement("span"));
      more.textContent = ` ${text}`;
      return;
    }
    own?.remove();
    news.replaceChildren(text);
    if (!link) return;
    const anchor = document.createElement("a");
    anchor.href = address().href;
    anchor.textContent = link;
    news.append(" ", anchor);
  };

  // What was unfolded stays so, and the focus stays where it was.
  const keys = (root) => [...root.querySelectorAll("details")].map((one) => [
    `${one.closest("[id]")?.id}/${one.className}/${one.querySelector("summary")?.textContent}`, one]);

  const swap = (fresh) => {
    const open = new Set(keys(live).filter(([, one]) => one.open).map(([key]) => key));
    const focused = live.contains(document.activeElement) && document.activeElement;
    const mark = focused && (focused.id || `${focused.form?.getAttribute("action")}/${focused.value}`);
    live.replaceChildren(...fresh.childNodes);
    for (const [key, one] of keys(live)) if (open.has(key)) one.open = true;
    if (!mark) return;
    const again = document.getElementById(mark) || [...live.querySelectorAll("button")].find(
      (one) => `${one.form?.getAttribute("action")}/${one.value}` === mark);
    again?.focus({ preventScroll: true });
  };

  const refresh = async () => {
    const answer = await fetch(address(), { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    if (!fresh || fresh.innerHTML === live.innerHTML) return;
    if (isBusy()) return say(live.dataset.changed, live.dataset.show);
    swap(fresh);
    // The first change after the reader's own word is that word: the notice on top tells of it.
    if (isOwn) isOwn = false;
    else say(live.dataset.updated);
  };

  const source = new EventSource(live.dataset.live);
  source.addEventListener("inbox", refresh);
  window.addEventListener("pagehide", () => source.close());
})();
