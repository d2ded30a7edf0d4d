import { describe, expect, test } from 'vitest';
import type { EscalationPolicy } from '../../../src/domain/escalation/policy.ts';
import { toStatusView } from '../../../src/domain/execution/view.ts';
import type { ChannelResult } from '../../../src/domain/notices/notice.ts';
import { runExecution } from './execution-run.ts';

const HOUR = 3_600_000;
const chain: EscalationPolicy = {
  levels: [{ to: ['ann'], via: [], withinMs: HOUR }],
  otherwise: 'hold',
  alerts: [{ kind: 'communication', afterMs: 60_000 }],
};
const works: ChannelResult = { channel: 'ops', ok: true, detail: 'fine', insteadOf: null };
const fails: ChannelResult = { ...works, ok: false, detail: 'no answer', what: { title: 'Authorize it', items: [] } };
const standIn: ChannelResult = { ...works, channel: 'mail', insteadOf: 'ops' };

describe('what fails before the authorization', () => {
  const causesOf = ({ effects }: ReturnType<typeof runExecution>) =>
    effects().flatMap((effect) =>
      effect.type === 'startProcedure' && effect.kind === 'escalation' ? [effect.input.cause.key] : [],
    );
  const waiting = (...results: readonly ChannelResult[]) => {
    const one = runExecution({ sprints: { core: null }, notify: ['ops'], escalation: chain });
    one.happen({ type: 'channelsTold', results });
    one.passTime(HOUR);
    return one;
  };

  test('is shown at once, and put before the chain right after it where nobody was told instead', () => {
    const one = waiting(fails);
    expect(toStatusView(one.state).alerts).toMatchObject([{ id: 'channel/ops' }]);
    expect(causesOf(one)).toEqual([]);
    one.authorize();
    expect(causesOf(one)).toEqual(['channel/ops']);
    one.passTime(HOUR);
    expect(causesOf(one)).toHaveLength(1);
  });

  test('has the whole time of its alert from then on where somebody stood in, and is not asked about once it is seen or gone', () => {
    const stoodIn = waiting(fails, standIn);
    stoodIn.authorize();
    expect(causesOf(stoodIn)).toEqual([]);
    stoodIn.passTime(60_000);
    expect(causesOf(stoodIn)).toEqual(['alert/channel/ops']);
    const seen = waiting(fails);
    seen.send('respond', { by: 'ann', itemId: 'alert/channel/ops', decision: 'acknowledge' });
    const gone = waiting(fails);
    gone.happen({ type: 'channelsTold', results: [works] });
    for (const one of [seen, gone]) {
      one.authorize();
      one.passTime(HOUR);
      expect(causesOf(one)).toEqual([]);
    }
  });
});
