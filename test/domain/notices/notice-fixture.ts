import type { Notice } from '../../../src/domain/notices/notice.ts';

export const toNotice = (n: number, given: Partial<Notice> = {}): Notice => ({
  id: `pact-1/notice/${n}`,
  kind: 'taskFailed',
  executionId: 'pact-1',
  phase: 'running',
  at: '2026-12-01T09:00:00.000Z',
  title: `title ${n}`,
  text: `text ${n}`,
  item: null,
  ...given,
});
