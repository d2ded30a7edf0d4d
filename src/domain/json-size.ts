const NOT_ASCII = /[^\x00-\x7f]/;

/** Bytes that a value takes as JSON in UTF-8, which is how payloads are counted. Expects plain JSON data. */
export function jsonBytes(value: unknown): number {
  const text = JSON.stringify(value);
  if (!NOT_ASCII.test(text)) return text.length;
  let bytes = text.length;
  for (let place = 0; place < text.length; place += 1) {
    const unit = text.charCodeAt(place);
    // Both halves of a surrogate pair add one: four bytes for two units.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** The first items of a list, as many as fit into `maxBytes` as JSON. */
export function takeWithin<T>(items: readonly T[], maxBytes: number): T[] {
  let bytes = 2;
  const end = items.findIndex((item) => {
    bytes += jsonBytes(item) + 1;
    return bytes > maxBytes;
  });
  return end < 0 ? [...items] : items.slice(0, end);
}

/** The last items of a list, as many as fit into `maxBytes` as JSON, in their order. */
export const takeLastWithin = <T>(items: readonly T[], maxBytes: number): T[] =>
  takeWithin(items.toReversed(), maxBytes).toReversed();
