/** Text of at most `length` UTF-16 units; what is cut off is marked, and no surrogate pair is cut in two. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
