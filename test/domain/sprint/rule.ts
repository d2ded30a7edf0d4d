/** Throws what a rule says when it does not hold; the text is built only then, since rules are checked by the million. */
export function must(holds: boolean, rule: () => string): void {
  if (!holds) throw new Error(`broken rule: ${rule()}`);
}
