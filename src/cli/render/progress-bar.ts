/** `██████░░░░  60%` with `width` cells of bar; values outside 0–100 are clamped. */
export function progressBar(percentage: number, width: number): string {
  const value = Math.min(100, Math.max(0, Number.isFinite(percentage) ? percentage : 0));
  const filled = Math.floor((value / 100) * width);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${String(Math.floor(value)).padStart(3)}%`;
}
