/** Was die Bildschirme sagen, auf Deutsch. */

import type { Words } from './en.js'

export const de: Words = {
  states: {
    running: 'Läuft', stopped: 'Steht', faulted: 'Störung', starved: 'Wartet auf Teile', blocked: 'Gestaut', idle: 'Ruht',
    changeover: 'Umrüsten', maintenance: 'Wartung', setup: 'Einrichten', unknown: 'Keine Daten',
  },
  callTypes: { stop: 'Stillstand', maintenance: 'Instandhaltung', quality: 'Qualität', safety: 'Sicherheit', material: 'Material', changeover: 'Umrüsten' },
  priorities: { low: 'niedrig', medium: 'mittel', high: 'hoch', critical: 'kritisch' },
  jobStatuses: { created: 'geplant', assigned: 'zugeteilt', accepted: 'angenommen', in_progress: 'läuft', paused: 'unterbrochen', completed: 'fertig', cancelled: 'aufgegeben' },
  nav: { label: 'Bildschirme', line: 'Linie', shift: 'Schicht', jobs: 'Aufträge', maintenance: 'Technik', board: 'Andon-Tafel', log: 'Protokoll', configuration: 'Konfiguration', audit: 'Nachweis', tokens: 'Token', people: 'Menschen', skip: 'Zum Inhalt' },
  menu: { open: 'Einstellungen', close: 'Schließen', language: 'Sprache', brightness: 'Helligkeit', auto: 'wie das Gerät', light: 'hell', dark: 'dunkel', panel: 'Bildschirmgröße', signOut: 'Abmelden', newPin: 'Meine PIN ändern', signedInAs: 'Angemeldet als' },
  login: {
    token: 'Token', go: 'Anmelden', working: 'Das Gateway wird gefragt …',
    hint: 'Der Token wird einmal verlangt und von diesem Browser nicht behalten. `lineside token create` macht einen.',
    wrong: 'Diesen Token kennt das Gateway nicht, oder er ist abgelaufen. Bitte prüfen oder einen neuen verlangen.', unreachable: 'Das Gateway antwortet nicht. Bitte das Netz prüfen und noch einmal versuchen.',
    expired: 'Die Sitzung ist zu Ende. Was eingegeben wurde, ist aufgehoben und wird nach dem Anmelden gesendet.',
  },
  pad: {
    who: 'Wer bist du?', signOn: 'Anmelden', signOff: 'abmelden', go: 'OK', back: 'Ziffer löschen', other: 'Jemand anderes', typed: (count) => `${count} Ziffern getippt`, wrong: 'Das ist nicht die PIN. Bitte noch einmal.',
    wait: (seconds) => `Zu viele Versuche. Bitte ${seconds} s warten oder die Schichtleitung um eine neue PIN bitten.`,
  },
  pin: {
    steps: { current: 'Die PIN, wie sie jetzt ist', next: 'Die neue PIN, vier bis zwölf Ziffern', again: 'Die neue PIN noch einmal', done: 'Ab jetzt gilt die neue PIN.' },
    differs: 'Die beiden waren nicht gleich. Bitte die neue PIN noch einmal tippen.',
  },
  people: {
    newPin: 'Neue PIN', add: 'Neuer Mensch', choosePin: 'PIN wählen', how: 'Eine PIN öffnet nichts ohne eine angemeldete Station. Wer eine neue bekommt, meldet sich neu an; wer sie gesetzt hat, steht im Nachweis.',
  },
  link: {
    live: 'Live', clock: 'Uhr des Gateways', frozen: 'Dieser Bildschirm steht',
    frozenText: (time) => `Seit ${time} kein Kontakt zum Gateway. Nichts hier ist live. Eingaben werden aufgehoben und gesendet, sobald die Verbindung zurück ist.`,
    connecting: 'Warten auf das Gateway …', newer: 'Eine neue Fassung der Bildschirme ist bereit.', reload: 'Laden',
    noPlc: (name) => `Keine Verbindung zur SPS ${name}: Was sie liefert, ist unbekannt.`,
  },
  outbox: {
    waiting: (count) => count === 1 ? '1 Eingabe wartet auf das Gateway' : `${count} Eingaben warten auf das Gateway`,
    pending: 'wird gesendet …', done: 'erledigt', refused: 'nicht geschehen', dismiss: 'Verstanden', absent: (said, who) => `„${said}“ von ${who} wartet, bis ${who} sich wieder anmeldet`, giveUp: 'Aufgeben', what: (said) => `„${said}“ ist nicht geschehen`,
  },
  overview: {
    title: 'Linie', constraint: 'Engpass', shift: 'Schicht', noShift: 'Keine Schicht', inBreak: 'Pause', next: 'Als Nächstes', target: 'Soll jetzt', actual: 'Gutteile', gap: 'Abstand', ahead: 'voraus', behind: 'zurück',
    oee: 'OEE', goal: 'Ziel', availability: 'Verfügbar', performance: 'Leistung', quality: 'Qualität',
    lost: (minutes) => `−${minutes} min`, coverage: (share) => `${share} der Zeit gesehen`, bounds: (low, high) => `zwischen ${low} und ${high}`,
    calls: 'Rufe', noCalls: 'Niemand hat gerufen.', stops: 'Stillstände ohne Grund', noStops: 'Jeder Stillstand hat seinen Grund.', flow: 'Anlagen in Flussrichtung',
    good: 'gut', reject: 'Ausschuss', perMinute: '/min', undefined: 'noch nicht bestimmt', lines: 'Linien', asOf: (age) => `${age} alt`, endOf: (shift) => `Ende ${shift}`,
  },
  equipment: {
    since: 'seit', why: 'Warum steht es?', wasWhy: 'Warum stand es?', change: 'Ändern', more: 'Andere Gründe', less: 'Weniger',
    unknownYet: 'Noch nicht bekannt', by: (who) => `von ${who}`, seen: 'von der Steuerung erkannt',
    next: {
      running: 'Nichts. Es läuft.', stopped: 'Grund angeben oder Hilfe rufen.', faulted: 'Störung an der Maschine beheben und dort quittieren.',
      starved: 'Flussaufwärts schauen: Es kommen keine Teile.', blocked: 'Flussabwärts schauen: Teile werden nicht abgenommen.', idle: 'Einen Auftrag beginnen.', changeover: 'Umrüsten beenden.',
      maintenance: 'Die Maschine ist in Wartung.', setup: 'Einrichten beenden.', unknown: 'Die Verbindung zur SPS prüfen.', micro: 'Kurze Stillstände brauchen keinen Grund. Ein längerer fragt danach.',
    },
    calls: 'Hilfe rufen', called: (who) => `gerufen von ${who}`, machine: 'der Maschine', waitingFor: 'noch von niemandem gesehen', seenBy: (who, ago) => `gesehen von ${who}, vor ${ago}`, here: (who) => `${who} ist da`,
    take: 'Ich übernehme', arrive: 'Ich bin da', end: 'Beendet', counts: 'Diese Schicht', good: 'Gut', reject: 'Ausschuss', scrap: 'Ausschuss melden', scrapParts: 'Teile', scrapReason: 'Was fehlt ihnen?', scrapGo: 'Als Ausschuss buchen', cancel: 'Abbrechen',
    job: 'Auftrag', noJob: 'Kein Auftrag', of: (quantity) => `von ${quantity}`, start: 'Beginnen', pause: 'Unterbrechen', resume: 'Weiter', finish: 'Abschließen', changeoverStart: 'Umrüsten beginnen', changeoverEnd: 'Umrüsten beenden', sure: 'Zum Bestätigen halten',
    signals: 'Signale', faults: 'Störungen', value: 'Wert', age: 'Alter', quality: 'Güte', signal: 'Signal', lastStop: 'Letzter Stillstand', noTimeline: 'In dieser Schicht noch nichts.', expected: (time) => `fertig gegen ${time}`,
  },
  shift: {
    title: 'Schicht', shows: { now: 'Jetzt', compare: 'Vergleich', control: 'Regelkarte', report: 'Bericht', advice: 'Hinweise' }, perHour: 'je Stunde', perDay: 'je Tag', noTrend: 'Noch zu wenige Werte für einen Trend.', significant: 'Mehr als Zufall.', insignificant: 'Nicht mehr als Zufall.',
    slope: (step, low, high, n) => `Punkte ${step} (${low} bis ${high}, ${n} Werte).`, timeline: 'Verlauf', losses: 'Wo die Zeit geblieben ist', pareto: 'Größte Verluste', byMinutes: 'nach Minuten', byCount: 'nach Anzahl', planned: 'Geplante Zeit', good: 'Zeit der Gutteile',
    loss: { unplanned_stop: 'Stillstände', external_stop: 'Stillstände von außen', planned_stop: 'Geplante Stillstände', changeover: 'Umrüsten', micro_stop: 'Kurzstillstände', speed_loss: 'Tempo', startup_reject: 'Anfahrausschuss', production_reject: 'Ausschuss' },
    minutes: 'min', trend: 'OEE nach Stunden', nothing: 'Keine Stillstände in diesem Zeitraum.', explained: (share) => `${share} der Stillstandszeit hat einen Grund`, equipment: 'Anlage', window: 'Zeitraum', print: 'Drucken', csv: 'Bericht als CSV',
    windows: { shift: 'Diese Schicht', hour: 'Letzte Stunde', day: 'Produktionstag' }, stops: 'Stillstände', mtbf: 'Laufzeit zwischen Ausfällen', mttr: 'Zeit bis zur Behebung', hours: 'h', noData: 'Noch keine Zahlen', history: { 8: '8 Stunden', 24: '24 Stunden', 168: '7 Tage' },
  },
  compare: {
    against: 'Gegen', sides: { history: 'die Zeit davor', equipment: 'andere Anlagen', benchmark: 'das Ziel' }, days: (days) => days === '1' ? '1 Tag' : `${days} Tage`, none: 'Es gibt noch nichts Gleiches zu vergleichen: Nur Schichten mit demselben Produkt werden verglichen.',
    method: 'Verglichen werden Schichten mit demselben Produkt. Die Balken ergeben zusammen den Unterschied, in OEE-Punkten.', with: 'gegen', untold: 'zu wenige Schichten', real: 'mehr als Zufall', chance: 'nicht mehr als Zufall', shifts: (count) => count === 1 ? '1 Schicht' : `${count} Schichten`,
    difference: 'Unterschied, Punkte', sum: 'Zusammen', names: { 'this period': 'Dieser Zeitraum', 'the period before': 'der Zeitraum davor', target: 'das Ziel' },
  },
  control: {
    cycleTime: 'Taktzeit', range: 'Gleitende Spannweite', found: 'Was auffällt', nothing: 'Nichts: Es läuft wie zuvor.', tooFew: 'Zu wenige Punkte vor diesem Zeitraum für Grenzen.', mean: 'Mittel', limits: 'Grenzen', baseline: 'Grundlage', points: (count) => count === 1 ? '1 Punkt' : `${count} Punkte`,
    method: 'Die Grenzen kommen aus ebenso langer Zeit davor: Mittel ± 2,66 × mittlere gleitende Spannweite. Ein Punkt ist ein Median laufender Minuten eines Produkts.', autocorrelated: 'Benachbarte Punkte gleichen sich, die Grenzen sind daher zu eng und Meldungen zu häufig.',
    rules: {
      beyond_3_sigma: 'außerhalb der Grenzen', nine_on_one_side: 'neun auf einer Seite', six_rising_or_falling: 'sechs steigend oder fallend', fourteen_alternating: 'vierzehn auf und ab', two_of_three_beyond_2: 'zwei von drei weit außen', four_of_five_beyond_1: 'vier von fünf abseits der Mitte',
      fifteen_within_1: 'fünfzehn nahe der Mitte', eight_outside_1: 'acht fern der Mitte',
    },
  },
  advice: { focus: 'Schwerpunkt', all: 'Alles', silent: 'Was die Daten nicht sagen', gain: 'Könnte bringen', points: 'OEE-Punkte', parts: 'Teile', evidence: 'Beleg', effect: 'Wirkung', caution: 'Vorsicht' },
  report: {
    by: 'Zeilen nach', groups: { shift: 'Schicht', hour: 'Stunde', day: 'Tag', week: 'Woche', job: 'Auftrag', product: 'Produkt' }, rows: 'Zeilen', total: 'Gesamt', seen: 'Gesehen', printed: (at) => `gedruckt ${at}`, reliability: 'Ausfälle', failures: 'Ausfälle', changeovers: 'Umrüstungen',
    paretos: { by_time: 'nach Minuten', by_count: 'nach Anzahl', by_lost_parts: 'nach verlorenen Teilen' },
  },
  stop: {
    title: 'Stillstand', from: 'von', to: 'bis', now: 'jetzt', lasted: 'Dauer', first: 'Zuerst gemeldet', ambiguous: 'mehrere zugleich; welche zuerst kam, kann niemand sagen', faults: 'Störungen', signals: 'Signale um den Stillstand', cause: 'Ursache',
    upstream: 'flussaufwärts', downstream: 'flussabwärts', internal: 'in der Maschine', micro: 'Kurzstillstand', rose: 'kam', fell: 'ging', none: 'keine gesehen', neighbours: 'Die Nachbarn', note: 'Bemerkung', noReason: 'noch kein Grund', beginning: 'Stillstand', notes: 'Bemerkungen',
  },
  explain: {
    title: 'So entsteht diese Zahl', open: 'Zeigen, woraus das besteht', which: 'Zahl', figures: { oee: 'OEE', availability: 'Verfügbarkeit', performance: 'Leistung', quality: 'Qualität', good: 'Gutteile', reject: 'Ausschuss' },
    sentences: {
      oee: 'Was die Gutteile an Zeit wert sind, von der geplanten Zeit.', availability: 'Die Zeit, in der es lief, von der geplanten Zeit.', performance: 'Was die Teile beim idealen Takt an Zeit wert sind, von der Laufzeit.',
      quality: 'Was die Gutteile wert sind, von dem, was alle Teile wert sind.', good: 'Von der Steuerung gezählt oder von Menschen berichtigt, Schritt für Schritt wie unten.', reject: 'Von der Steuerung gezählt oder von Menschen gebucht, Schritt für Schritt wie unten.',
    },
    times: { fully_productive: 'Wert der Gutteile', planned_production: 'Geplante Zeit', run: 'Laufzeit', net_run: 'Wert aller Teile' },
    undefined: 'Es gibt noch nichts, wodurch zu teilen wäre: Die Zahl ist nicht bestimmt.', product: 'Geteilt wird einmal, aus den Summen, nie aus gerundeten Faktoren.',
    leaves: 'Wo jede Sekunde blieb', inWhole: 'In dieser Zahl:', inAll: 'Insgesamt:', slices: (count) => count === 1 ? '1 Abschnitt' : `${count} Abschnitte`,
    leaf: { schedule_loss: 'Nicht geplant', no_order: 'Kein Auftrag', no_data: 'Keine Daten', unplanned: 'Stillstände', external: 'Stillstände von außen', planned: 'Geplante Stillstände', changeover: 'Umrüsten', micro_stop: 'Kurzstillstände', running: 'Lauf' },
    leafRules: {
      schedule_loss: 'keine Schicht, Pause, oder ein Grund, der nicht zählt', no_order: 'nichts zu fertigen', no_data: 'das Gateway konnte nichts sehen', unplanned: 'Ursache in der Maschine oder unbekannt', external: 'kein Material, leer, gestaut',
      planned: 'Reinigung, Wartung, gezählte Pausen', changeover: 'zwischen zwei Produkten', micro_stop: 'kürzer als die Schwelle', running: 'es konnten Teile entstehen',
    },
    slicesTitle: 'Zeitabschnitte', order: 'Reihenfolge', orders: { longest: 'längste zuerst', latest: 'neueste zuerst' }, noSlices: 'Es gibt keine.', from: 'von', to: 'bis', lasted: 'Dauer', booked: 'gebucht als', state: 'Zustand', job: 'Auftrag', fact: 'Ereignis', sum: 'Summe',
    partsTitle: 'Teile und was sie wert sind', product_: 'Produkt', noProduct: 'kein Produkt', ideal: 'Idealzeit', outside: (off, recovered) => `Nicht in der Zahl: ${off} außerhalb der geplanten Zeit, ${recovered}, während niemand sehen konnte.`,
    countsTitle: 'Zählungen, einzeln', noCounts: 'Nichts wurde gezählt.', countedUntil: (time) => `Aufgeschrieben bis ${time}; Teile der laufenden Minute kommen mit dieser, die Live-Zählung kann also voraus sein.`, how: 'Wie', noSteps: 'kein Zählerschritt', corrected: 'von einem Menschen eingetragen', correctedBy: 'Ein Mensch hat die Zählung berichtigt; der Eintrag steht neben den gezählten Teilen.', counted: (parts) => `+${parts} Teile`,
    raw: 'Rohe Messwerte', valued: (product, ideal, config) => `Bewertet als ${product} mit je ${ideal} s; Konfiguration ${config}.`,
    rule: { advance: 'Weitergezählt', rollover: 'Übergelaufen', reset: 'Zurückgesetzt', resync: 'Neu aufgenommen', glitch: 'Ein falscher Wert', jump: 'Ein Sprung', correction: 'Zurückgestellt', gap: 'Über eine Lücke', base: 'Erster Wert', manual: 'Von Hand' },
    ruleTexts: {
      advance: 'Der Zähler stieg um nicht mehr, als die Maschine in der Zeit machen kann.', rollover: 'Der Zähler überschritt seinen größten Wert und begann von vorn.', reset: 'Der Zähler fiel nahe null und blieb: Was er seither zeigt, wurde seither gefertigt.',
      resync: 'Der Zähler fiel weit, aber nicht auf null. Sicher ist nur, was seither gezählt wurde.', glitch: 'Auf einen unmöglichen Wert folgte ein möglicher: Der falsche zählte nichts.', jump: 'Der Zähler sprang um mehr, als möglich ist, und blieb. Sicher ist nur, was seither gezählt wurde.',
      correction: 'Jemand hat den Zähler etwas zurückgestellt. Nichts verschwand, nichts wurde gezählt.', gap: 'Gezählt, während niemand sehen konnte: Der Zähler beweist die Teile, nicht ihre Zeitpunkte.', base: 'Es gab nichts zum Vergleichen. Das Zählen beginnt hier.', manual: 'Von einem Menschen eingetragen.',
    },
    made: 'Entstanden mit', config: 'Version der Konfiguration', policy: 'Regeln', coverage: 'Gesehen', madeOf: 'Was die Anlagen zur Linie geben', gives: 'gibt', givesNothing: 'nichts', give: { time: 'ihre Zeit', good: 'ihre Gutteile', rejects: 'ihren Ausschuss' },
    methods: { constraint: 'Die Zeit ist die des Engpasses, Gutteile verlassen das Ende der Linie, Ausschuss zählt ab dem Engpass.', line_exit: 'Alles ist das der letzten Anlage.', ratio_of_sums: 'Die Summen aller Anlagen, einmal geteilt.', equipment: 'Von dieser Anlage allein.' },
    more: (left) => `${left} weitere`,
  },
  signal: { span: 'Länge', spans: { 1: '1 min', 10: '10 min', 60: '1 h', 480: '8 h', 1440: '24 h' }, earlier: 'Früher', later: 'Später', none: 'In dieser Zeit wurde nichts aufgezeichnet.', count: (points) => `${points} Messwerte` },
  maintenance: {
    title: 'Technik', plcs: 'Steuerungen', online: 'verbunden', since: 'seit', cycle: 'Zyklus', jitter: 'Schwankung', read: 'Lesezeit', missed: 'Versäumte Zyklen', reconnects: 'Neuverbindungen', pdu: 'PDU', bytes: 'Bytes', badTags: 'Schlechte Tags', none: 'keine',
    states: { idle: 'ruht', connecting: 'verbindet', online: 'verbunden', backoff: 'wartet auf neuen Versuch', stopped: 'angehalten' }, gateway: 'Gateway', version: 'Version', ready: 'Bereit', notReady: 'Nicht bereit', uptime: 'Läuft seit', turns: 'Durchläufe', facts: 'Ereignisse', config: 'Konfiguration',
    p50: 'Median', p99: '99 %', why: 'Warum?', offline: 'nicht verbunden', box: 'Das Gerät', disk: 'Platte', freeOf: 'frei von', journalSize: 'Journal', fromNumber: 'ab', samples: 'Messwerte', retention: 'Aufbewahrt', days: (days) => `${days} Tage`, wear: 'Geschrieben', perDay: 'am Tag', memory: 'Speicher', system: 'System',
    certificates: 'Zertifikate', noCertificates: 'Es gibt keine.', ends: 'endet', bundle: 'Support-Paket', upstreams: 'Nach oben', noUpstreams: 'Nach oben wird nichts gesendet.', behind: 'Ereignisse im Rückstand', drained: 'Aufgeholt in', journal: 'Neueste Ereignisse', epoch: 'Epoche',
  },
  why: {
    value: 'Wert', age: 'Zuletzt gut', never: 'nie', place: 'Wo', uses: 'Was er speist', verdicts: { well: 'gut', doubtful: 'zweifelhaft', wrong: 'falsch', unknown: 'unbekannt' },
    steps: { gateway: 'Gateway', network: 'Netz', session: 'Sitzung', pdu: 'Telegrammgröße', tag: 'Tag', type: 'Typ', age: 'Alter', rule: 'Regel' },
  },
  log: { level: 'Stufe', levels: { info: 'alles', warn: 'Warnungen', error: 'Fehler' }, none: 'Nichts dergleichen seit dem Start.' },
  audit: { when: 'Wann', who: 'Wer', what: 'Was', where: 'Wo', outcome: 'Ergebnis', none: 'In dieser Zeit wollte niemand etwas.', more: 'Es gibt mehr, als gezeigt werden kann; bitte eine kürzere Zeit wählen.' },
  tokens: {
    tokens: 'Token von Programmen und Stationen', people: 'Menschen mit PIN', noPeople: 'Noch niemand.', name: 'Name', role: 'Rolle', lines: 'Linien', made: 'Gemacht', ends: 'Endet', never: 'nie', all: 'alle', revoke: 'Sperren', remove: 'Entfernen',
    add: 'Neuer Token', create: 'Anlegen', once: 'Das wird nur einmal gezeigt. Bitte jetzt mitnehmen.', noted: 'Ich habe es', really: (what) => `${what}? Noch einmal drücken`,
    roles: { viewer: 'schaut', operator: 'Bedienung', quality: 'Qualität', maintenance: 'Instandhaltung', supervisor: 'Schichtleitung', engineer: 'Technik', admin: 'Verwaltung', mes: 'MES' },
  },
  configuration: {
    inForce: (version) => `Version ${version} gilt`, states: { trial: 'auf Probe', good: 'gut', failed: 'zurückgenommen' }, back: 'Dorthin zurück', text: (version) => `Text der Version ${version}`, difference: 'Was anders ist', apply: 'Anwenden', discard: 'Änderungen verwerfen',
    note: 'Was angewendet wird, gilt zwischen zwei Durchläufen, wird eine Weile beobachtet und zurückgenommen, wenn es dem Gateway oder einer Steuerung schlechter geht. Die Datei am Gerät bleibt, wie sie ist.', refused: 'Nicht angewendet:', applied: (version) => `Version ${version} gilt jetzt`,
    plan: 'Was aus den letzten Stunden geworden wäre', planFile: 'Ohne Änderungen unten wird die Datei am Gerät erprobt.', planText: 'Der geänderte Text unten wird erprobt.', tryIt: (hours) => `An den letzten ${hours} Stunden erproben`, before: 'wie es war', after: 'wie es wäre', same: 'Keine Zahl wäre anders.',
    reach: { live: 'Gilt ohne Unterbrechung.', reconnect: 'Steuerungen werden neu verbunden.', restart: 'Gilt erst nach einem Neustart.' }, reconnects: (plcs) => `verbindet neu: ${plcs}`, unrecorded: (signals) => `Diese hat noch niemand gelesen, also ist nichts von ihnen bekannt: ${signals}`,
  },
  jobs: { title: 'Aufträge', none: 'Es gibt keine Aufträge.', product: 'Produkt', quantity: 'Menge', due: 'Fällig', assignTo: 'Geben an', add: 'Neuer Auftrag', id: 'Nummer', create: 'Anlegen' },
  refusals: {
    PIN_WRONG: 'Das ist nicht die PIN dieser Person.', FORBIDDEN: 'Diese Anmeldung erlaubt das nicht. Bitte jemanden mit diesem Recht fragen.', STALE_REVISION: 'Jemand war schneller. Bitte noch einmal ansehen und dann entscheiden.', ANDON_ALREADY_OPEN: 'Dieser Ruf ist schon offen. Die Hilfe weiß Bescheid.',
    ANDON_ENDED: 'Dieser Ruf ist beendet. Bitte neu rufen, wenn noch Hilfe nötig ist.', ANDON_ALREADY_ACKNOWLEDGED: 'Jemand hat diesen Ruf schon übernommen.', JOB_ALREADY_RUNNING: 'Hier läuft ein Auftrag. Bitte ihn zuerst abschließen oder unterbrechen.',
    JOB_NOT_RUNNING: 'Hier läuft kein Auftrag.', JOB_NOT_ASSIGNED: 'Hier ist kein Auftrag zugeteilt. Bitte unter Aufträge einen wählen.', JOB_NOT_PAUSED: 'Der Auftrag ist nicht unterbrochen.', JOB_ENDED: 'Dieser Auftrag ist zu Ende. Bitte einen anderen wählen.', JOB_ELSEWHERE: 'Dieser Auftrag läuft auf einer anderen Anlage.',
    JOB_EXISTS: 'Einen Auftrag dieser Nummer gibt es schon. Bitte eine andere Nummer wählen.', CHANGEOVER_RUNNING: 'Es wird schon umgerüstet. Bitte das zuerst beenden.', CHANGEOVER_NOT_RUNNING: 'Es wird nicht umgerüstet.', SHIFT_LOCKED: 'Diese Schicht ist abgeschlossen. Bitte die Schichtleitung fragen.',
    REASON_UNKNOWN: 'Diesen Grund gibt es nicht mehr. Bitte einen anderen wählen.', REASON_NOT_ALLOWED: 'Dieser Grund gilt nicht für diese Anlage. Bitte einen anderen wählen.', PRODUCT_UNKNOWN: 'Dieses Produkt ist nicht bekannt. Bitte den Code prüfen.', BODY_MISFIT: 'Etwas in der Eingabe passt nicht.',
    STOP_UNKNOWN: 'Diesen Stillstand gibt es nicht mehr.', EQUIPMENT_UNKNOWN: 'Diese Anlage gibt es nicht.', LINE_UNKNOWN: 'Diese Linie gibt es nicht.', KEY_REUSED: 'Diese Eingabe wurde schon mit anderem Inhalt gesendet. Bitte neu eingeben.',
    other: 'Das Gateway hat abgelehnt.',
  },
  board: {
    states: { running: 'LÄUFT', stopped: 'STEHT', faulted: 'STÖRUNG', starved: 'LEER', blocked: 'STAU', idle: 'RUHT', changeover: 'RÜSTEN', maintenance: 'WARTUNG', setup: 'EINRICHTEN', unknown: 'BLIND' },
    target: 'Soll', actual: 'Gut', gap: 'Abstand', calm: 'Keine Rufe', more: (count) => `und ${count} weitere`, sound: 'Ton an', frozen: (time) => `STEHT STILL seit ${time}`, open: 'offen', signIn: 'Bitte zuerst an diesem Bildschirm anmelden', noLine: 'Diese Linie gibt es nicht',
  },
  notFound: { title: 'Hier ist nichts', text: 'Diese Adresse führt nirgendwohin.', back: 'Zur Linie' },
  units: { s: 's', min: 'min', h: 'h', d: 'd' },
}
