import { describe, expect, it } from 'vitest';
import { toMessageEvent } from '../../../src/domain/execution/outside-messages.ts';
import { toProgressEvent } from '../../../src/domain/execution/progress-schema.ts';
import { toReportMarkdown } from '../../../src/domain/execution/report-markdown.ts';
import { toReport } from '../../../src/domain/execution/report.ts';
import { toStatusView } from '../../../src/domain/execution/view.ts';
import type { MessagesView } from '../../../src/domain/views.ts';
import { agent, progress, runAuthorized, runExecution, task, type GivenPlan } from './execution-run.ts';

const plan: GivenPlan = {
  sprints: { core: [task('lexer')], docs: [task('guide')] },
  agents: [agent('builder'), agent('writer')],
  teams: { core: ['builder'], docs: ['builder', 'writer'] },
};
const started = () => runAuthorized(plan);

describe('a message from outside', () => {
  const pass = (message: object) => {
    const run = started();
    const event = toMessageEvent(run.state, { from: 'pipeline', ...message }, run.now());
    if (!event.ok) return `${event.error.type}: ${event.error.message}`;
    run.take(event.value);
    return run.forwards().map(({ name, sprintIds }) => `${name} ${sprintIds.join()}`);
  };

  it('goes to the sprints at work that it concerns: by agent, by task, all, or where the request may be', () => {
    expect(pass({ to: 'builder' })).toEqual(['message core,docs']);
    expect(pass({ to: '*' })).toEqual(['message core,docs']);
    expect(pass({ inReplyTo: 'm3' })).toEqual(['message core,docs']);
    expect(pass({ to: 'task:lexer' })).toEqual(['message core']);
  });

  it('is refused with the reason when it concerns none, does not fit, or comes too early or late', () => {
    expect(pass({ to: 'mallory' })).toMatch(/^UnknownAgent: no sprint at work has anything to do with "mallory"/);
    expect(pass({ to: 'task:none' })).toMatch(/^UnknownAgent/);
    expect(pass({ body: 'to nobody' })).toMatch(/^InvalidMessage: body: expected "to"/);
    expect(pass({ to: 'builder', body: 'x'.repeat(20_000) })).toMatch(/^InvalidMessage: body: expected JSON of at most 16 KiB/);
    const early = runExecution(plan);
    early.state.prepared = null;
    expect(toMessageEvent(early.state, { from: 'x', to: '*' }, early.now())).toMatchObject({ ok: false });
    const idle = runExecution(plan);
    expect(toMessageEvent(idle.state, { from: 'x', inReplyTo: 'm1' }, idle.now())).toMatchObject({
      error: { message: expect.stringContaining('what m1 asked') },
    });
  });
});

describe('counters of messages', () => {
  const counted = (given: Partial<MessagesView>): MessagesView => ({
    sent: 4,
    bytes: 100,
    delivered: 2,
    dropped: { pace: 2 },
    openRequests: 1,
    unanswered: 1,
    medianDeliveryMs: 100,
    ...given,
  });
  const told = (views: Readonly<Record<string, MessagesView>>) => {
    const run = started();
    for (const [sprintId, messages] of Object.entries(views)) {
      const { coordination, ...rest } = progress(sprintId);
      const report = { progress: { ...rest, coordination: { ...coordination, messages } }, changed: [], decisions: [] };
      const event = toProgressEvent(run.state, report, run.now());
      if (!event.ok) return `${event.error.type}: ${event.error.message}`;
      run.take(event.value);
    }
    return run.state;
  };

  it('of all sprints are added; the time of delivery is that of the sprint that delivers most', () => {
    const state = told({
      core: counted({}),
      docs: counted({ delivered: 9, medianDeliveryMs: 800, dropped: { pace: 1, self: 1 } }),
    });
    if (typeof state === 'string') throw new Error(state);
    expect(toStatusView(state).coordination.messages).toEqual({
      sent: 8,
      bytes: 200,
      delivered: 11,
      openRequests: 2,
      unanswered: 2,
      medianDeliveryMs: 800,
      dropped: { pace: 3, self: 1 },
    });
    expect(toReport(state).messages).toMatchObject({ perTask: 4 });
    expect(toReportMarkdown(toReport(state))).toContain('## Messages between agents');
  });

  it('without anything dropped or delivered are said in fewer words', () => {
    const state = told({ core: counted({ dropped: {}, delivered: 0, medianDeliveryMs: null }) });
    if (typeof state === 'string') throw new Error(state);
    const text = toReportMarkdown(toReport(state));
    expect(text).toContain('- 4 sent (2 per task, 100 bytes), 0 delivered, 1 requests unanswered');
    expect(text).not.toContain('dropped:');
  });

  it('that no sprint would tell are refused', () => {
    expect(told({ core: counted({ dropped: { constructor: 1 } as never }) })).toMatch(/^InvalidMessage/);
  });
});
