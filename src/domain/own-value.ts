/** The value that a record itself holds under a key from outside: `constructor` and the like find nothing. */
export const ownValue = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
