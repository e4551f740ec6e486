"""Function words of three languages, folded as `analysis.fold` folds them, and what they tell.

`STOPWORDS` bear no meaning of their own and are no terms. Words that open nearly every demand
(cherche, solution, نبحث, project) are not among them: BM25 weighs them by how common they are
already, and leaving them out gained nothing (docs/decisions/0012-analysis.md).
`FUNCTION_WORDS` are enough words of other languages to tell that a text is in none of the three.
"""

from __future__ import annotations

_FR = """
a ai aie aient aies ainsi ait alors apres as assez attendu au aucun aucune aucunes aucuns aujourd
auquel aura aurai auraient aurais aurait auras aurez aurions aurons auront aussi autant autour
autre autres autrui aux auxquelles auxquels avaient avais avait avant avec avez aviez avions avoir
avons ayant ayez ayons beaucoup bien c ca car ce ceci cela celle celles celui cependant certain
certaine certaines certains certes ces cet cette ceux chacun chacune chaque chez ci combien comme
comment concernant contre d dans de deja dela depuis des desormais desquelles desquels dessous
dessus devant devers devra devrait devront dois doit doivent donc dont du duquel durant elle elles
en encore enfin ensuite entre envers es est et etaient etais etait etant etc ete etes etre eu eue
eues eurent eus eusse eut eux excepte faire fait faite faites font fut furent fus hormis hors hui
ici il ils j jamais je jusqu jusque l la laquelle le lequel les lesquelles lesquels leur leurs
loin lors lorsqu lorsque lui m ma mais malgre me meme memes mes mien mienne mieux moi moins mon
moyennant n ne neanmoins ni non nos notamment notre notres nous nul nulle on ont or ou outre par
parce parfois parmi partout pas pendant peu peut peuvent peux plupart plus plusieurs plutot pour
pourquoi pourra pourraient pourrait pourront pourtant pouvant pouvoir pouvons pres presque pu puis
puisqu puisque qu quand quant que quel quelle quelles quelqu quelque quelques quels qui quiconque
quoi quoique s sa sans sauf se selon sera serai seraient serais serait seras serez seriez serions
serons seront ses si sien sienne sinon soi soient sois soit sommes son sont sous soyez soyons suis
suivant sur surtout t ta tandis tant te tel telle tellement telles tels tes toi ton toujours tous
tout toute toutefois toutes tres trop tu un une uns unes va vais vers veut veulent via voici voila
vont vos votre votres vous vu y
"""
_EN = """
a about above across after afterwards again against ago all almost alone along already also
although always am among amongst an and another any anybody anyone anything anyway anywhere are
aren around as at away be became because become becomes been before beforehand behind being below
beside besides between beyond both but by can cannot could couldn despite did didn do does doesn
doing don done down during each either else elsewhere enough etc even ever every everybody
everyone everything everywhere except few for former from further furthermore had hadn has hasn
have haven having he hence her here hers herself him himself his how however i if in indeed
instead into is isn it its itself just latter least less let ll many may maybe me meanwhile might
more moreover most mostly much must my myself namely neither never nevertheless no nobody none nor
not nothing now nowhere of off often on once only onto or other others otherwise ought our ours
ourselves out over own per perhaps please quite rather re s same several shall she should shouldn
since so some somebody somehow someone something sometimes somewhere still such t than that the
their theirs them themselves then there therefore these they this those though through throughout
thus to together too toward towards under unless until up upon us ve very via was wasn we were
weren what whatever when whenever where whereas wherever whether which while who whoever whole
whom whose why will with within without won would wouldn yet you your yours yourself yourselves
"""
_AR = """
في من الى الي على علي عن مع هذا هذه هذان هذين ذلك تلك اولييك هولاء هنا هناك هنالك التي الذي الذين
اللذان اللذين اللتان اللتين اللاتي اللواتي ما ماذا لماذا متي اين كيف كم لا لم لن لما ليس ليست
ليسوا ان انه انها انهم اننا انني لان لانه لانها لكن لكنه كان كانت كانوا كنا كنت يكون تكون يكونوا
نكون اكون سيكون ستكون صار اصبح اصبحت هو هي هم هن هما نحن انا انت انتم او ام ثم قد لقد سوف كل كلا
كلتا جميع بعض غير بين بينما حتي عند عندما عندنا عنده لدي لدينا لديه لديها لديهم منذ اذا اذن لو
لولا كما كي لكي حيث بعد قبل بعدما قبلما تحت فوق امام وراء خلف داخل خارج ضمن خلال حول نحو ضد دون
بدون سوي الا عدا رغم بل به بها بهم بهذا بهذه بذلك بما له لها لهم لنا لي لك لكم لهذا لهذه لذلك منه
منها منهم منا عنه عنها عنهم فيه فيها فيهم فيما اليه اليها الينا عليه عليها عليهم علينا معه معها
معنا اي ايه ايضا كذلك هكذا ذات ذو ذوي احد احدي نفس نفسه نفسها مثل مثلا حين حينما ربما فقط جدا يمكن
تم يتم وفق حسب عبر تجاه لاجل اجل عدم و ف ب ك ل
"""
_ES = """
a al como con de del desde donde el ella ellos en entre es esta este estos ha hacia hasta la las
lo los mas muy no nos nuestra nuestro o para pero por que se ser sin sobre son su sus tambien todo
un una unos y ya
"""
_DE = """
aber als am an auch auf aus bei das dass dem den der des die ein eine einem einen einer eines er
es fur hat im in ist kann mit nach nicht noch oder sich sie sind sowie uber um und uns unser
unsere von vor werden wie wir wird zu zum zur
"""
_IT = """
a ai al alla alle anche che chi ci come con da dal dalla degli dei del della delle di e ed gli ha
i il in la le lo ma nel nella non nostra nostro o per piu sono su sua sul sulla suo tra un una uno
"""
_PT = """
a ao aos as com como da das de do dos e em entre foi mais mas na nas nao no nos nossa nosso o os
ou para pela pelo por que se sem ser seu sua sao tambem um uma
"""
_NL = """
aan als bij dat de deze die dit door een en er het hun ik in is maar met naar niet nog of om onze
ons ook op over te tot uit van voor wat we wij worden wordt ze zij zijn
"""

STOPWORDS: dict[str, frozenset[str]] = {
    "fr": frozenset(_FR.split()),
    "en": frozenset(_EN.split()),
    "ar": frozenset(_AR.split()),
}
FUNCTION_WORDS: dict[str, frozenset[str]] = {
    "fr": STOPWORDS["fr"],
    "en": STOPWORDS["en"],
    "es": frozenset(_ES.split()),
    "de": frozenset(_DE.split()),
    "it": frozenset(_IT.split()),
    "pt": frozenset(_PT.split()),
    "nl": frozenset(_NL.split()),
}
