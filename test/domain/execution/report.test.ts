import { describe, expect, it } from 'vitest';
import { toDetailsMarkdown } from '../../../src/domain/execution/details-markdown.ts';
import { fitDecisions, fitTasks } from '../../../src/domain/execution/report-fit.ts';
import { toReportMarkdown } from '../../../src/domain/execution/report-markdown.ts';
import { toClosingDocuments, toReport, toResult } from '../../../src/domain/execution/report.ts';
import { toStatusView } from '../../../src/domain/execution/view.ts';
import { jsonBytes } from '../../../src/domain/json-size.ts';
import type { TaskView } from '../../../src/domain/views.ts';
import { approval, item, news, runAuthorized, runExecution, status, task, type GivenPlan } from './execution-run.ts';

const MIB = 1024 * 1024;
const file = (path: string) => ({ id: 'out', path, uri: `file:///artifacts/${path}`, sha256: 'a'.repeat(64), size: 3 });
const NASTY = 'a\\| b | <img src=x onerror=alert(1)> [click](javascript:alert(1)) `code`\n## Heading\u001b[31m\u202e';

describe('report: contents', () => {
  it('says what was planned and done, by whom, and who allowed it', () => {
    const run = runExecution({
      sprints: { core: [task('t1'), task('t2', { estimateMs: null })] },
      objectives: [{ id: 'fast', text: 'twice as fast' }],
    });
    run.send('authorize', approval('ann', { note: 'go' }));
    run.happen({
      type: 'messageRefused',
      name: 'authorize',
      by: null,
      refusal: { type: 'WrongHash', message: 'expected x' },
      body: {},
    });
    run.happen({ type: 'documented' });
    run.endSprint('core', 'completed', [
      news('t1', { deliverables: [file('a.txt')] }),
      news('t2', { state: 'failed', reason: 'it broke', endedAt: null }),
    ]);
    const report = toReport(run.state);
    expect(report).toMatchObject({
      executionId: 'release',
      project: 'Parser 2.0',
      phase: 'completed',
      authorizations: [{ by: 'ann', decision: 'approve', note: 'go', signed: false }],
      sprints: [{ id: 'core', phase: 'completed', plannedMs: null }],
      tasks: [
        { id: 't1', agent_id: 'builder', attempts: 1, plannedMs: 60_000, actualMs: 1_000, deliverables: [{ path: 'a.txt' }] },
        { id: 't2', reason: 'it broke', actualMs: null },
      ],
      totals: { tasks: 2, done: 1, plannedMs: 60_000, actualMs: 1_000 },
      omitted: [],
    });
    expect(toResult(run.state)).toMatchObject({ phase: 'completed', report: null, summary: 'completed: 1 of 2 tasks done' });
    const text = toReportMarkdown(report);
    for (const part of [
      '# Parser 2.0: completed',
      '1 of 2 tasks done. Planned work 1m, actual 1s.',
      '- **fast**: twice as fast',
      '- ann: approve at 2026-12-01T09:00:00.000Z (go)',
      'refused at 2026-12-01T09:00:00.000Z: somebody: WrongHash: expected x',
      '- ok emergency stop: drilled',
      '| t1 | core | builder | done | 1 | 1m | 1s |  |',
      '| t2 | core | builder | failed | 1 |  |  | it broke |',
      `| t1 | out | a.txt | 3 | \`${'a'.repeat(64)}\` |`,
      '## Decisions',
    ])
      expect(text).toContain(part);
  });

  it('of a rejected plan says by whom, of an expired one that nobody answered', () => {
    const rejected = runExecution({ sprints: { core: null }, readiness: [{ name: 'x', ok: false, detail: 'missing' }] });
    rejected.send('authorize', { by: 'ann', decision: 'reject' });
    expect(toReport(rejected.state).authorizations).toMatchObject([{ by: 'ann', decision: 'reject', note: 'no reason given' }]);
    expect(toReportMarkdown(toReport(rejected.state))).toContain('- NOT OK x: missing');
    const expired = runExecution({ sprints: { core: null } });
    expired.wake();
    expect(toReport(expired.state).authorizations).toEqual([]);
    expect(toResult(expired.state).summary).toMatch(/^rejected: 0 of 1 tasks done \(expired: nobody/);
  });

  it('there is one before there is a plan', () => {
    const { state } = runExecution();
    expect(toReportMarkdown(toReport(state))).toContain('# release: preparing');
    expect(toResult(state).planHash).toBeNull();
  });

  it.each([
    [{ start: '2026-12-01', end: '2026-12-24' }, 'Planned from 2026-12-01 to 2026-12-24.'],
    [{ start: null, end: '2026-12-24' }, 'Planned from any time to 2026-12-24.'],
    [{ start: '2026-12-01', end: null }, 'Planned from 2026-12-01 to any time.'],
  ])('says the planned time of %j', (timeline, words) => {
    const report = toReport(runExecution({ sprints: { core: null } }).state);
    expect(toReportMarkdown({ ...report, timeline })).toContain(words);
  });

  it('is read also as it was written before it could leave anything out', () => {
    const { omitted: _omitted, ...old } = toReport(runExecution({ sprints: { core: null } }).state);
    expect(toReportMarkdown(old as never)).toContain('## Tasks');
  });
});

describe('report: texts of agents and people', () => {
  it('cannot break a table, begin a heading or become HTML or links', () => {
    const run = runExecution({
      sprints: { core: [task('t1')] },
      name: NASTY,
      objectives: [{ id: 'o', text: NASTY }],
      readiness: [{ name: 'ok', ok: true, detail: NASTY }],
    });
    run.send('authorize', approval('ann', { note: NASTY }));
    run.happen({ type: 'documented' });
    run.endSprint('core', 'failed', [news('t1', { reason: NASTY, agent_id: NASTY, deliverables: [file(NASTY)] })]);
    run.state.reason = '# Approved by everybody';
    const text = toReportMarkdown(toReport(run.state));
    expect(text).not.toMatch(/<img|\u001b|\u202e|[^\\]\[click|^# Approved/m);
    const rows = text.split('\n').filter((line) => line.startsWith('| t1'));
    expect(rows.map((row) => row.replaceAll(/\\\\/g, '').replaceAll(/\\\|/g, '').split('|').length)).toEqual([10, 7]);
    expect(text.match(/^#+ .*/gm)?.map((line) => line.split(' ')[1])).toEqual(expect.arrayContaining(['Tasks', 'Deliverables']));
    expect(text.match(/^## (.*)/gm)).toEqual([
      '## Objectives',
      '## Authorization',
      '## Readiness',
      '## Tasks',
      '## Deliverables',
      '## Decisions',
    ]);
  });
});

describe('report: size', () => {
  const huge = (count: number): GivenPlan => ({
    sprints: {
      core: Array.from({ length: count }, (_, number) =>
        task(`task-${number}`, { title: 'a title of forty characters or thereabouts' }),
      ),
    },
    objectives: Array.from({ length: 500 }, (_, number) => ({ id: `o${number}`, text: 'ü'.repeat(5_000) })),
    readiness: Array.from({ length: 1_000 }, (_, number) => ({ name: `agent ${number}`, ok: true, detail: 'x'.repeat(2_000) })),
    name: 'x'.repeat(100_000),
  });

  it('of 10,000 tasks with deliverables and long remarks is whole as written, and as answered below 1 MiB it says what it leaves out', () => {
    const run = runAuthorized(huge(10_000));
    for (let n = 0; n < 600; n += 1) {
      run.happen({
        type: 'messageRefused',
        name: 'authorize',
        by: 'x'.repeat(128),
        refusal: { type: 'WrongHash', message: 'ü'.repeat(4_000) },
        body: {},
      });
    }
    const agents = Array.from({ length: 200 }, (_, number) =>
      status(`a${number}`, { blocking_issues: Array(5).fill('ü'.repeat(200)) }),
    );
    const alerts = Array.from({ length: 100 }, (_, number) => ({
      id: `${number}`,
      kind: 'timeline' as const,
      text: 'ü'.repeat(500),
      since: '',
    }));
    const inbox = Array.from({ length: 500 }, (_, number) => item(`t#${number}`, 'core', { question: 'ü'.repeat(2_000) }));
    run.tell('core', { agents, alerts, inbox });
    const tasks = Array.from({ length: 10_000 }, (_, number) =>
      news(`task-${number}`, { reason: 'x'.repeat(400), deliverables: [file(`out/${number}.txt`)] }),
    );
    expect(jsonBytes(toReport(run.state))).toBeLessThan(MIB);
    run.endSprint('core', 'completed', tasks, { agents, alerts });
    const { json } = toClosingDocuments(run.state);
    expect(json.tasks).toEqual(expect.arrayContaining([expect.objectContaining({ id: 'task-9999', reason: 'x'.repeat(400) })]));
    expect([json.tasks.length, json.omitted]).toEqual([10_000, []]);
    const answer = toReport(run.state);
    expect(jsonBytes(answer)).toBeLessThan(MIB);
    expect(answer.totals).toMatchObject({ tasks: 10_000, done: 10_000 });
    expect(answer.omitted).toEqual([
      expect.stringMatching(/^titles, times, remarks and deliverables of the tasks are not listed/),
      expect.stringMatching(/^\d+ of 10000 tasks are not listed/),
      expect.stringMatching(/^\d+ older decisions are not listed/),
    ]);
    expect(toReportMarkdown(answer)).toContain('## Left out of this report');
    expect(jsonBytes(toResult(run.state))).toBeLessThan(4_096);
    expect(jsonBytes(toStatusView(run.state))).toBeLessThan(MIB);
  });

  it('of a plan of 1,000 sprints with long names is answered below 1 MiB', () => {
    const run = runAuthorized({
      sprints: Object.fromEntries(Array.from({ length: 1_000 }, (_, number) => [`${'s'.repeat(120)}${number}`, null])),
    });
    expect(jsonBytes(toReport(run.state))).toBeLessThan(MIB);
  });

  it('tasks are listed in the fullest form that fits', () => {
    const run = runAuthorized({ sprints: { core: Array.from({ length: 10 }, (_, number) => task(`t${number}`)) } });
    run.endSprint(
      'core',
      'completed',
      Array.from({ length: 10 }, (_, number) => news(`t${number}`, { deliverables: [file('a')] })),
    );
    const tasks = toReport(run.state).tasks as readonly TaskView[];
    const full = jsonBytes(tasks);
    expect(fitTasks(tasks, full)).toEqual({ kept: tasks, omitted: [] });
    const contract = fitTasks(tasks, full - 1);
    expect(contract.kept[0]).toEqual({
      id: 't0',
      state: 'done',
      agent_id: 'builder',
      attempts: 1,
      plannedMs: 60_000,
      actualMs: 1_000,
      deliverables: [{ id: 'out', path: 'a', sha256: 'a'.repeat(64), size: 3 }],
    });
    const bare = fitTasks(tasks, jsonBytes(contract.kept) - 1);
    expect([bare.kept.length, bare.kept[0]?.deliverables]).toEqual([10, []]);
    const few = fitTasks(tasks, jsonBytes(bare.kept) - 1);
    expect([few.kept.length, few.omitted.at(-1)]).toEqual([9, '1 of 10 tasks are not listed; the ledger has them']);
    expect(toReportMarkdown({ ...toReport(run.state), tasks: few.kept })).toContain('| t0 |  | builder |');
  });

  it('the newest decisions are kept', () => {
    const decisions = [1, 2, 3].map((number) => ({ at: '', event: 'e', text: `${number}`, data: {} }));
    expect(fitDecisions(decisions, 100).kept.map(({ text }) => text)).toEqual(['2', '3']);
    expect(fitDecisions(decisions, 1_000).omitted).toEqual([]);
  });
});

describe('details for the Temporal UI', () => {
  it('show phase, counts, forecast, what waits for people, and agents', () => {
    const run = runAuthorized({ sprints: { core: null } });
    run.tell('core', { agents: [status('builder', { current_task: NASTY })], inbox: [item('t#1`', 'core', { title: NASTY })] });
    run.send('pause', { by: 'ann', reason: NASTY });
    const text = toDetailsMarkdown(toStatusView(run.state));
    expect(text).toMatch(/^\*\*paused\*\* \(paused by ann: a\\\\\\\| b/);
    expect(text).toMatch(/expected to end at 2026-12-01/);
    expect(text).toContain('- `paused` release is paused (until 2026-12-08T09:00:00.000Z: it is cancelled)');
    expect(text).toContain("- `t#1'` a");
    expect(text).not.toContain('<img');
  });

  it('are at most 20,000 bytes whatever the state, and say when they are cut', () => {
    const run = runAuthorized({ sprints: { core: null } });
    const wide = '漢'.repeat(128);
    run.tell('core', {
      agents: Array.from({ length: 200 }, () => status(wide, { current_task: '漢'.repeat(512) })),
      inbox: Array.from({ length: 50 }, (_, number) => item(`${number}${'漢'.repeat(400)}`, 'core', { title: '漢'.repeat(500) })),
    });
    const text = toDetailsMarkdown(toStatusView(run.state));
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(20_000);
    expect(text.split('\n').at(-1)).toMatch(/^… cut/);
    const short = toDetailsMarkdown({
      ...toStatusView(run.state),
      inbox: Array.from({ length: 12 }, (_, number) => item(`i${number}`, 'core')),
      agents: Array.from({ length: 45 }, () => status('a')),
    });
    expect(short).toContain('- and 2 more');
    expect(short).toMatch(/and 5 more$/);
  });

  it('of an execution that has not begun are one line', () => {
    expect(toDetailsMarkdown(toStatusView(runExecution().state))).toBe(
      '**preparing**, 0 %, done 0 of 0, running 0, blocked 0, failed 0',
    );
  });
});
