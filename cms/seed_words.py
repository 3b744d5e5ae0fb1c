"""The words of the first pages, by language. Authors edit the pages, not this file."""

HOME = {
    "en": {
        "title": "Home",
        "slug": "home",
        "promise": "Data and digital skills for everyone who serves the public",
        "introduction": (
            "Find out what you can already do, learn what your work asks for in the time you have, "
            "and take away proof that any employer can check."
        ),
    },
    "fr": {
        "title": "Accueil",
        "slug": "accueil",
        "promise": "Les compétences en données et numériques de tous ceux qui servent le public",
        "introduction": (
            "Voyez ce que vous savez déjà faire, apprenez ce que votre travail demande dans le temps "
            "dont vous disposez, et repartez avec une preuve que tout employeur peut vérifier."
        ),
    },
}
HOME_BODY = {
    "en": (
        '<p>This academy is new and still empty. <a linktype="page" id="%(next)s">What comes '
        "next</a> says how to fill it.</p>"
    ),
    "fr": (
        '<p>Cette académie est nouvelle et encore vide. <a linktype="page" id="%(next)s">Et '
        "maintenant ?</a> explique comment la remplir.</p>"
    ),
}
CATALOGUE = {
    "en": {
        "title": "Courses",
        "slug": "courses",
        "introduction": "Every course says what you will be able to do, and how that is measured.",
    },
    "fr": {
        "title": "Cours",
        "slug": "cours",
        "introduction": (
            "Chaque cours dit ce que vous saurez faire après l’avoir suivi, et comment on le mesure."
        ),
    },
}
LIBRARY = {
    "en": {"title": "Modules", "slug": "module-library"},
    "fr": {"title": "Modules", "slug": "bibliotheque-de-modules"},
}
ACCESSIBILITY = {
    "en": {
        "title": "Accessibility statement",
        "slug": "accessibility",
        "body": (
            "<p>This academy is for every public servant. Its pages and certificates are built to "
            "meet the Web Content Accessibility Guidelines (WCAG) 2.2 at level AA.</p>"
            "<h2>What has been done</h2>"
            "<ul>"
            "<li>Pages work with a keyboard alone, at 320 pixels wide, at 400&nbsp;% zoom and without "
            "scripts.</li>"
            "<li>Pictures carry a text alternative, videos captions and a transcript, charts the "
            "table behind them.</li>"
            "<li>Certificates are tagged PDF files with a title, a language and a reading order.</li>"
            "<li>In <b>My settings</b> you can have more time in timed assessments, large print and "
            "less motion. You need not say why.</li>"
            "</ul>"
            "<h2>How we know</h2>"
            "<p>Each version of the software is checked in a browser with axe-core before it is "
            "released. Automatic checks find only part of the problems. No independent audit has been "
            "made of this installation, and we do not claim full conformance until one has.</p>"
            "<h2>What may still stand in your way</h2>"
            "<ul>"
            "<li>Lessons written by others may fall short: the editor asks for text alternatives, "
            "but cannot judge whether they are good.</li>"
            "<li>The part where trainers write courses (the Wagtail admin) is made by others. It "
            "aims at WCAG 2.1 AA and does not meet it everywhere.</li>"
            "</ul>"
            "<h2>Tell us</h2>"
            "<p>If something stands in your way, tell the team that runs this academy or your "
            "trainer. You have a right to the same learning in a form you can use: every module can "
            "also be printed as a booklet.</p>"
        ),
    },
    "fr": {
        "title": "Déclaration d’accessibilité",
        "slug": "accessibilite",
        "body": (
            "<p>Cette académie s’adresse à tous les agents publics. Ses pages et ses certificats sont "
            "conçus pour respecter les Règles pour l’accessibilité des contenus Web (WCAG) 2.2 au "
            "niveau AA.</p>"
            "<h2>Ce qui a été fait</h2>"
            "<ul>"
            "<li>Les pages s’utilisent au clavier seul, sur 320 pixels de large, agrandies à "
            "400&nbsp;% et sans script.</li>"
            "<li>Les images ont un équivalent textuel, les vidéos des sous-titres et une "
            "transcription, les graphiques le tableau dont ils sont tirés.</li>"
            "<li>Les certificats sont des fichiers PDF balisés, avec un titre, une langue et un ordre "
            "de lecture.</li>"
            "<li>Dans <b>Mes réglages</b>, vous pouvez obtenir plus de temps pour les évaluations "
            "minutées, de grands caractères et moins d’animations. Vous n’avez pas à dire "
            "pourquoi.</li>"
            "</ul>"
            "<h2>Comment nous le savons</h2>"
            "<p>Chaque version du logiciel est contrôlée dans un navigateur avec axe-core avant sa "
            "publication. Les contrôles automatiques ne trouvent qu’une partie des problèmes. Aucun "
            "audit indépendant n’a été fait de cette installation, et nous n’affirmons pas une "
            "conformité totale avant qu’il ait eu lieu.</p>"
            "<h2>Ce qui peut encore vous gêner</h2>"
            "<ul>"
            "<li>Des leçons écrites par d’autres peuvent présenter des défauts : l’éditeur demande "
            "des équivalents textuels, mais ne sait pas juger de leur qualité.</li>"
            "<li>La partie où les formateurs écrivent les cours (l’administration de Wagtail) est "
            "faite par d’autres. Elle vise les WCAG 2.1 AA et ne les respecte pas partout.</li>"
            "</ul>"
            "<h2>Dites-le-nous</h2>"
            "<p>Si quelque chose vous fait obstacle, dites-le à l’équipe qui gère cette académie ou à "
            "votre formateur. Vous avez droit au même apprentissage sous une forme que vous pouvez "
            "utiliser : chaque module peut aussi être imprimé en livret.</p>"
        ),
    },
}
PRIVACY = {
    "en": {
        "title": "Privacy: who may see what",
        "slug": "privacy",
        "body": (
            "<p>You are here to learn, not to be watched. This page says what is recorded about you "
            "and who may see it. The rules are written into the software, not left to habit.</p>"
            "<h2>You</h2>"
            "<p>You see everything that is recorded about you: your answers, results, plan, "
            "certificates, and every step in your record.</p>"
            "<h2>Your line manager</h2>"
            "<p>The manager of your main position sees whether your learning is on course and when it "
            "is due. They do not see your answers, your scores or your placement result.</p>"
            "<h2>Human resources</h2>"
            "<p>Human resources see which competencies you hold, which were shown by a placement, "
            "the courses you completed and your certificates. They do not see placement answers or "
            "estimates of your ability.</p>"
            "<h2>Trainers</h2>"
            "<p>Trainers write courses and questions. Being a trainer gives no sight of anybody’s "
            "record.</p>"
            "<h2>Anyone who has your certificate’s code</h2>"
            "<p>They see what is printed on it, and whether it is valid, expired or revoked. Nobody "
            "can look up certificates by name.</p>"
            "<h2>Operators</h2>"
            "<p>The people who run the servers can technically reach all data. In the learning "
            "record you are a random account name, which is used nowhere else: no name, no e-mail "
            "address.</p>"
            "<h2>What a placement is for</h2>"
            "<p>A placement helps you choose what to learn and what to skip. It never counts as "
            "proof of a competency, and its answers are for you alone.</p>"
        ),
    },
    "fr": {
        "title": "Vie privée : qui peut voir quoi",
        "slug": "vie-privee",
        "body": (
            "<p>Vous êtes ici pour apprendre, pas pour être surveillé. Cette page dit ce qui est "
            "enregistré à votre sujet et qui peut le voir. Les règles sont inscrites dans le "
            "logiciel, elles ne dépendent pas des habitudes.</p>"
            "<h2>Vous</h2>"
            "<p>Vous voyez tout ce qui est enregistré à votre sujet : vos réponses, vos résultats, "
            "votre plan, vos certificats et chaque étape de votre dossier.</p>"
            "<h2>Votre supérieur hiérarchique</h2>"
            "<p>Le responsable de votre poste principal voit si votre apprentissage avance comme "
            "prévu et quelles sont ses échéances. Il ne voit ni vos réponses, ni vos notes, ni votre "
            "résultat de positionnement.</p>"
            "<h2>Les ressources humaines</h2>"
            "<p>Les ressources humaines voient quelles compétences vous détenez, lesquelles ont été "
            "constatées par un positionnement, les cours que vous avez terminés et vos certificats. "
            "Elles ne voient ni les réponses au positionnement ni les estimations de votre "
            "niveau.</p>"
            "<h2>Les formateurs</h2>"
            "<p>Les formateurs écrivent les cours et les questions. Ce rôle ne donne accès au dossier "
            "de personne.</p>"
            "<h2>Toute personne qui a le code de votre certificat</h2>"
            "<p>Elle voit ce qui y est imprimé, et s’il est valable, expiré ou révoqué. Personne ne "
            "peut chercher un certificat par nom.</p>"
            "<h2>Les exploitants</h2>"
            "<p>Les personnes qui font fonctionner les serveurs peuvent techniquement atteindre "
            "toutes les données. Dans le registre d’apprentissage, vous êtes un nom de compte "
            "aléatoire, qui ne sert nulle part ailleurs : ni nom, ni adresse électronique.</p>"
            "<h2>À quoi sert un positionnement</h2>"
            "<p>Un positionnement vous aide à choisir ce que vous voulez apprendre et ce que vous "
            "pouvez passer. Il ne vaut jamais preuve d’une compétence, et ses réponses ne sont que "
            "pour vous.</p>"
        ),
    },
}
NEXT_STEPS = {
    "en": {
        "title": "What comes next",
        "slug": "what-comes-next",
        "body": (
            "<p>For the person who has just installed this academy. Unpublish this page when you are "
            "done.</p>"
            "<ol>"
            "<li>Load the competency frameworks: <b>python manage.py load_framework "
            "academy/competencies/frameworks/digcomp-2.2.json</b>, then the other file beside it.</li>"
            '<li>Sign in to the <a href="/admin/">admin</a> and add the people who will write '
            "courses to the group <b>Trainers</b>.</li>"
            "<li>In Settings, give the academy its own name, logo and colours.</li>"
            "<li>Write an item bank and a final assessment, a module with its lessons, then a course "
            "that uses the module. Publish them in this order, each in its language.</li>"
            "<li>Read the accessibility statement and the privacy page, and make them say what is "
            "true of your academy.</li>"
            "</ol>"
            "<p>To look at a filled academy first, run <b>make demo</b> in another folder.</p>"
        ),
    },
    "fr": {
        "title": "Et maintenant ?",
        "slug": "et-maintenant",
        "body": (
            "<p>Pour la personne qui vient d’installer cette académie. Dépubliez cette page quand "
            "vous aurez terminé.</p>"
            "<ol>"
            "<li>Chargez les référentiels de compétences : <b>python manage.py load_framework "
            "academy/competencies/frameworks/digcomp-2.2.json</b>, puis l’autre fichier du même "
            "dossier.</li>"
            '<li>Ouvrez l’<a href="/admin/">administration</a> et ajoutez au groupe <b>Trainers</b> '
            "les personnes qui écriront les cours.</li>"
            "<li>Dans les paramètres, donnez à l’académie son nom, son logo et ses couleurs.</li>"
            "<li>Écrivez une banque de questions et une évaluation finale, un module avec ses leçons, "
            "puis un cours qui utilise le module. Publiez-les dans cet ordre, chacun dans sa "
            "langue.</li>"
            "<li>Relisez la déclaration d’accessibilité et la page sur la vie privée, et faites-leur "
            "dire ce qui est vrai de votre académie.</li>"
            "</ol>"
            "<p>Pour voir d’abord une académie remplie, lancez <b>make demo</b> dans un autre "
            "dossier.</p>"
        ),
    },
}
