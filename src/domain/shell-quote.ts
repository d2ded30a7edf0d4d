/** One word of a POSIX shell, quoted only where it must be: what we print is there to be copied. */
export const shellQuote = (word: string): string =>
  /^[\w@%+=:,./#-]+$/.test(word) && !word.startsWith('#') ? word : `'${word.replaceAll("'", `'\\''`)}'`;
