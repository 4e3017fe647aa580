// What a search text means: classes by name, whatever its case, accents and number, or a row by # and its number.

const DIGIT_NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const SINGULARS = new Map(
  Object.entries({ children: "child", feet: "foot", geese: "goose", leaves: "leaf", men: "man", mice: "mouse", people: "person", teeth: "tooth", wolves: "wolf", women: "woman" }),
);

/** A text without case, accents, apostrophes and signs between its words. */
function plainText(text) {
  const letters = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss");
  const words = letters.replace(/['’]/g, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  return words || letters.trim(); // a class may be called "+"
}

/** The forms under which a name is the same: as it is, in the singular, a digit in figures and in letters. */
function formsOf(text) {
  const plain = plainText(text);
  const [, before, last] = /^(.*?)(\S+)$/s.exec(plain) ?? [null, "", plain];
  const words = new Set([last, SINGULARS.get(last) ?? last]);
  if (last.endsWith("ies")) words.add(`${last.slice(0, -3)}y`);
  if (/(s|x|z|ch|sh|o)es$/.test(last)) words.add(last.slice(0, -2));
  if (/[^s]s$/.test(last)) words.add(last.slice(0, -1));
  if (!before) {
    for (const word of [...words]) {
      const digit = DIGIT_NAMES.indexOf(word);
      if (digit >= 0) words.add(String(digit));
      else if (/^\d$/.test(word)) words.add(DIGIT_NAMES[word]);
    }
  }
  return new Set([...words].map((word) => before + word));
}

/** Numbers of the classes that a text names: exactly, else in another form, else all whose name contains it. */
function classesNamed(text, names) {
  const [plain, forms] = [plainText(text), formsOf(text)];
  if (!plain) return [];
  const those = (holds) => names.flatMap((name, c) => (holds(name) ? [c] : []));
  const ways = [
    (name) => name.trim().toLowerCase() === text.trim().toLowerCase(),
    (name) => plainText(name) === plain,
    (name) => [...formsOf(name)].some((form) => forms.has(form)),
    (name) => [...forms].some((form) => plainText(name).includes(form)),
  ];
  for (const way of ways) {
    const classes = those(way);
    if (classes.length) return classes;
  }
  return [];
}

/**
 * What a search text names.
 * @param {string[]} names of the classes
 * @returns {{classes: number[], row: number}|null} row -1 where it names classes; null where it is empty
 */
function searched(text, names) {
  const wanted = text.trim();
  if (!wanted) return null;
  const number = /^(?:#|row\b)?\s*(\d+)$/i.exec(wanted);
  const exact = names.findIndex((name) => name.trim().toLowerCase() === wanted.toLowerCase());
  if (number && exact < 0) return { classes: [], row: Number(number[1]) };
  return { classes: classesNamed(wanted, names), row: -1 };
}
