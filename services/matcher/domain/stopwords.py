"""Function words, folded as `analysis.fold` folds them."""

from __future__ import annotations

_FR = """
a ai ainsi alors apres as au aucun aucune aussi autre autres aux avait avant avec avez avoir avons
car ce ceci cela celle celles celui ces cet cette ceux chaque chez ci comme comment d dans de depuis
des dont du elle elles en encore ensuite entre est et etaient etait etant etc etre eu eux faire fait
font hors ici il ils j je jusqu jusque l la le les leur leurs lors lorsque lui m ma mais me meme
memes mes moi mon n ne ni nos notre nous on ont ou par parce pas pendant peu peut peuvent plus
plusieurs pour pourrait pouvant pouvoir pres puis qu quand que quel quelle quelles quelque quelques
quels qui quoi s sa sans se sera seront ses si soit son sont sous souhaite souhaitons sur t ta tel
telle telles tels tes toi ton toujours tous tout toute toutes tres tu un une vers via voici vos
votre vous y cherche cherchons recherche recherchons besoin
"""
_EN = """
a able about above after all also am an and any are as at be because been before being between both
but by can cannot could did do does doing down during each either etc few for from further get had
has have having he her here hers him his how i if in into is it its just like may me might more most
must my need needs no nor not of off on once only or other our ours out over own per same shall she
should so some such than that the their theirs them then there these they this those through to too
under until up us very was we were what when where which while who whom why will with within without
would you your yours seeking looking wanted
"""
_AR = """
في من الى الي على علي عن مع هذا هذه ذلك تلك التي الذي الذين اللاتي ما ماذا لا لم لن ليس ان انه انها
كان كانت يكون تكون هو هي هم هن نحن انا انت او ام ثم قد كل بعض غير بين حتي عند منذ لكن لان اذا كما
حيث بعد قبل تحت فوق ضمن خلال حول لدي لدينا و ف ب ك ل نبحث نحتاج نرغب يمكن اي كذلك ايضا
"""

STOPWORDS: dict[str, frozenset[str]] = {
    "fr": frozenset(_FR.split()),
    "en": frozenset(_EN.split()),
    "ar": frozenset(_AR.split()),
}
