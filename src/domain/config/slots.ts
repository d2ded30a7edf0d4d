import type { Finding, Path } from '../source/finding.ts';
import type { SlotPolicy } from './config.ts';
import type { WrittenConfig } from './config-schema.ts';

const DEFAULT_MAXIMUM_SLOTS = 1_000;

export function toSlots(written: WrittenConfig['slots']): SlotPolicy {
  const { minimum, maximum, memory, cpu } = written ?? {};
  const toShare = (percentage: string | null | undefined): number | null => (percentage ? parseInt(percentage, 10) / 100 : null);
  return { minimum: minimum ?? 1, maximum: maximum ?? DEFAULT_MAXIMUM_SLOTS, memory: toShare(memory), cpu: toShare(cpu) };
}

export function checkSlots({ slots }: WrittenConfig): Finding[] {
  const { minimum, maximum, memory, cpu } = slots ?? {};
  const at: Path = ['slots', 'minimum'];
  if (minimum == null) return [];
  if (minimum > (maximum ?? DEFAULT_MAXIMUM_SLOTS))
    return [
      {
        at,
        expected: `at most ${maximum ?? DEFAULT_MAXIMUM_SLOTS}`,
        got: String(minimum),
        message: 'the minimum is above the maximum',
      },
    ];
  if (memory == null && cpu == null)
    return [{ at, message: 'a minimum without memory or cpu changes nothing', hint: 'say below which usage more are taken' }];
  return [];
}
