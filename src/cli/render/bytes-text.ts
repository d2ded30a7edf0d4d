const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `812 bytes`, `1.1 MiB`. */
export function bytesText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1024 && unit < UNITS.length - 1; size /= 1024) unit += 1;
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}
