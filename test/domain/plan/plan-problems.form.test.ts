import { describe } from 'vitest';
import { withTasks, written } from './plan-fixture.ts';
import { sprints, task, triggers, testCases } from './problem-cases.ts';

const chain = { levels: [{ to: ['ann'], within: '1h' }], otherwise: 'stop' };

describe('the form of a plan', () => {
  testCases([
    { name: 'a plan is a map', data: 'plan', path: '', says: /expected a map; got "plan"/ },
    { name: 'nothing at all is said to be nothing', data: null, path: '', says: /expected a map; got null/ },
    {
      name: 'another version of the format is refused',
      data: written({}, { pact: 2 }),
      path: 'pact',
      says: /expected 1, the version.*got 2/,
    },
    { name: 'a plan needs a sprint', data: sprints(), path: 'sprints', says: /at least one sprint; got an empty list/ },
    {
      name: 'an objective without an id is asked for one',
      data: written({}, { objectives: [{ text: 'fast' }] }),
      path: 'objectives[0].id',
      says: /"id" is missing: expected an id/,
    },
    {
      name: 'an item that is no text is told from those that are',
      data: withTasks({ id: 'a', skills: ['build', 7] }),
      path: 'sprints[0].tasks[0].skills[1]',
      says: /expected text of 1 to 100 characters; got 7/,
    },
    {
      name: 'a field that is missing is named',
      data: withTasks({ agent: 'builder' }),
      path: 'sprints[0].tasks[0].id',
      says: /"id" is missing: expected an id/,
    },
    {
      name: 'a number for an id wants quotes',
      data: withTasks({ id: 7 }),
      path: 'sprints[0].tasks[0].id',
      says: /got 7/,
      hint: /quotes/,
    },
    {
      name: 'an unknown field has its nearest known one',
      data: withTasks(task('a', { titel: 'x' })),
      path: 'sprints[0].tasks[0].titel',
      says: /unknown field "titel"/,
      hint: /"title"/,
    },
    {
      name: 'an unknown field like no other lists the known ones',
      data: written({}, { xyzzy: 1 }),
      path: 'xyzzy',
      says: /unknown field/,
      hint: /known here: pact, project/,
    },
    {
      name: 'review is not supported yet',
      data: withTasks(task('a', { review: {} })),
      path: 'sprints[0].tasks[0].review',
      says: /"review" in sprints\[0\]\.tasks\[0\] is not supported yet/,
    },
    { name: 'gates are not supported yet', data: written({ gates: [] }), path: 'sprints[0].gates', says: /not supported yet/ },
    {
      name: 'an escalation without levels',
      data: written({}, { escalation: { otherwise: 'stop' } }),
      path: 'escalation.levels',
      says: /missing/,
    },
    {
      name: 'open hours that end before they begin',
      data: written({}, { escalation: { ...chain, hours: { days: ['mon'], from: '17:00', until: '09:00' } } }),
      path: 'escalation.hours.until',
      says: /a time after from/,
    },
    {
      name: 'an offset of open hours that is none',
      data: written({}, { escalation: { ...chain, hours: { days: ['mon'], from: '09:00', until: '17:00', offset: 'CET' } } }),
      path: 'escalation.hours.offset',
      says: /an offset from UTC/,
    },
    {
      name: 'a channel of an escalation that the config lacks',
      data: written({}, { escalation: { ...chain, levels: [{ to: ['ann'], via: ['opps'], within: '1h' }] } }),
      path: 'escalation.levels[0].via[0]',
      says: /unknown channel "opps"/,
      hint: /"ops"/,
    },
    {
      name: 'a channel that is like none of the config',
      data: written({ escalation: { ...chain, levels: [{ to: ['ann'], via: ['smoke-signals'], within: '1h' }] } }),
      path: 'sprints[0].escalation.levels[0].via[0]',
      says: /unknown channel/,
      hint: /the config has ops/,
    },
    {
      name: 'an agent that does not answer escalations',
      data: written({}, { escalation: { ...chain, levels: [{ to: ['builder'], within: '1h' }] } }),
      path: 'escalation.levels[0].to[0]',
      says: /does not answer escalations/,
    },
    {
      name: 'an agent that does not answer mediations',
      data: written({}, { mediation: { to: ['builder'] } }),
      path: 'mediation.to[0]',
      says: /does not answer mediations/,
      hint: /add "mediation" to its answers/,
    },
    {
      name: 'a kind of alert that escalates twice',
      data: written({}, { escalation: { ...chain, alerts: ['1m', '2m'].map((after) => ({ kind: 'timeline', after })) } }),
      path: 'escalation.alerts',
      says: /each kind once/,
    },
    { name: 'targets are not supported yet', data: written({}, { targets: {} }), path: 'targets', says: /not supported yet/ },
    {
      name: 'checks of objectives are not supported yet',
      data: written({}, { objectives: [{ id: 'a', text: 'b', check: 'c' }] }),
      path: 'objectives[0].check',
      says: /not supported yet/,
    },
    {
      name: 'a budget in tokens must be a whole number above 0',
      data: withTasks(task('a', { budget: { tokens: 0.5 } })),
      path: 'sprints[0].tasks[0].budget.tokens',
      says: /expected a whole number above 0/,
    },
    ...['reviewed', 'integrated', 'approved'].map((until) => ({
      name: `a dependency until ${until} is not supported yet`,
      data: withTasks(task('a'), task('b', { dependsOn: [{ task: 'a', until }] })),
      path: 'sprints[0].tasks[1].dependsOn[0].until',
      says: new RegExp(`"${until}" is not supported yet`),
    })),
    {
      name: 'a gate as condition is not supported yet',
      data: triggers({ agent: 'tester', when: { any: [{ gate: 'green' }] } }),
      path: 'triggers[0].when.any[0].gate',
      says: /not supported yet/,
    },
    {
      name: 'a metric of a later version is not supported yet',
      data: triggers({ agent: 'tester', when: { metric: 'quality_score', below: 80 } }),
      path: 'triggers[0].when.metric',
      says: /not supported yet/,
    },
    {
      name: 'a condition with a misspelt field is taken for the nearest form',
      data: triggers({ agent: 'tester', when: { chekpoint: 'a' } }),
      path: 'triggers[0].when.chekpoint',
      says: /unknown field/,
      hint: /"checkpoint"/,
    },
    {
      name: 'a condition on a metric needs a limit',
      data: triggers({ agent: 'tester', when: { metric: 'error_rate' } }),
      path: 'triggers[0].when',
      says: /a limit: above or below/,
    },
    {
      name: 'a condition is a map',
      data: triggers({ agent: 'tester', when: 'later' }),
      path: 'triggers[0].when',
      says: /expected a map; got "later"/,
    },
    {
      name: 'a time must exist in the calendar',
      data: triggers({ agent: 'tester', when: { at: '2026-02-30T10:00:00Z' } }),
      path: 'triggers[0].when.at',
      says: /that exists/,
    },
    {
      name: 'a misspelt value has the nearest one',
      data: withTasks(task('a', { priority: 'hihg' })),
      path: 'sprints[0].tasks[0].priority',
      says: /one of "urgent", "high"/,
      hint: /"high"/,
    },
    {
      name: 'a duration says how to write one',
      data: withTasks(task('a', { estimate: '1 hour' })),
      path: 'sprints[0].tasks[0].estimate',
      says: /such as 350ms.*got "1 hour"/,
    },
    {
      name: 'a duration of zero is none',
      data: withTasks(task('a', { estimate: '0s' })),
      path: 'sprints[0].tasks[0].estimate',
      says: /above zero/,
    },
    {
      name: 'a timeline does not end before it starts',
      data: written({}, { project: { name: 'a', timeline: { start: '2026-12-05', end: '2026-12-01' } } }),
      path: 'project.timeline.end',
      says: /not before the start/,
    },
    {
      name: 'a dependency is an id or a map',
      data: withTasks(task('a', { dependsOn: [7] })),
      path: 'sprints[0].tasks[0].dependsOn[0]',
      says: /expected an id.*, or a map; got 7/,
    },
    {
      name: 'input that JSON cannot hold is refused',
      data: withTasks(task('a', { input: { x: Number.NaN } })),
      path: 'sprints[0].tasks[0].input.x',
      says: /JSON data; got NaN/,
    },
  ]);
});
