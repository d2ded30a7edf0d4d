/** A WfFormat 1.5 instance of these tasks: `[id, seconds, parents]`; null: no run time is recorded. */
export function wfInstance(tasks: readonly (readonly [string, number | null, ...string[]])[]): unknown {
  return {
    name: 'synthetic',
    schemaVersion: '1.5',
    workflow: {
      specification: {
        tasks: tasks.map(([id, , ...parents]) => ({
          name: id,
          id,
          parents,
          children: tasks.filter(([, , ...others]) => others.includes(id)).map(([child]) => child),
          inputFiles: ['left out'],
        })),
        files: [],
      },
      execution: {
        makespanInSeconds: 1,
        tasks: tasks.flatMap(([id, seconds]) => (seconds === null ? [] : [{ id, runtimeInSeconds: seconds, command: {} }])),
      },
    },
  };
}
