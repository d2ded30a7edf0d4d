const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CODES = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter.charCodeAt(0), value]));

/** Base64 of RFC 4648 with padding, for the workflow sandbox, which has neither Buffer nor btoa. */
export function toBase64(bytes: Uint8Array): string {
  const letters = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let place = 0; place < bytes.length; place += 3) {
    const group = ((bytes[place] as number) << 16) | ((bytes[place + 1] ?? 0) << 8) | (bytes[place + 2] ?? 0);
    for (const shift of [18, 12, 6, 0]) letters[at++] = CODES[(group >> shift) & 63] as number;
  }
  letters.fill('='.charCodeAt(0), letters.length - ((3 - (bytes.length % 3)) % 3));
  return new TextDecoder().decode(letters);
}

/** Throws a RangeError for what is no base64. */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let place = 0; place < text.length; place += 4) {
    let group = 0;
    for (let letter = place; letter < place + 4; letter += 1) {
      const value = VALUES.get(text.charCodeAt(letter)) ?? (letter >= text.length - padding ? 0 : null);
      if (value === null) throw new RangeError(`no base64: ${JSON.stringify(text[letter])} at ${letter}`);
      group = (group << 6) | value;
    }
    for (const shift of [16, 8, 0]) if (at < bytes.length) bytes[at++] = (group >> shift) & 255;
  }
  return bytes;
}
