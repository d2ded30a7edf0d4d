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
  if (typeof slots?.minimum !== 'number') return [];
  const { minimum, maximum, memory, cpu } = toSlots(slots);
  const at: Path = ['slots', 'minimum'];
  if (minimum > maximum) {
    const message = 'the minimum is above the maximum';
    return [{ at, expected: `at most ${maximum}`, got: String(minimum), message }];
  }
  if (memory !== null || cpu !== null) return [];
  const message = 'a minimum without memory or cpu changes nothing';
  return [{ at, message, hint: 'say below which usage more are taken' }];
}
