/**
 * Text that came from agents, plans and people, safe for a terminal: no control characters that could move the cursor, change
 * the title or hide text, and no bidirectional overrides. Line breaks and tabs stay.
 */
export function toPlainText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '�');
}

/** The same on one line. */
export const toPlainLine = (text: string): string => toPlainText(text).replace(/\s+/g, ' ').trim();

/** Plain JSON data with every string made safe. */
export function toPlainData<T>(data: T): T {
  if (typeof data === 'string') return toPlainText(data) as T;
  if (Array.isArray(data)) return data.map((item: unknown) => toPlainData(item)) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [toPlainText(key), toPlainData<unknown>(value)])) as T;
}
