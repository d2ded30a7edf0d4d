/**
 * Keys of what may go wrong around a sprint: of emergencies, their alerts and escalations, and of what contingencies wait for. One form for
 * all, `<kind>/<id>`, unique within the sprint.
 */
export const resourceKey = (id: string): string => `${OF_RESOURCE}${id}`;
export const dependencyKey = (id: string): string => `dependency/${id}`;
export const agentKey = (id: string): string => `agent/${id}`;
export const queueKey = (taskQueue: string): string => `queue/${taskQueue}`;
/** Of a task that would fail for good, and of contingencies while people are asked about it. */
export const taskKey = (id: string): string => `task/${id}`;
export const sprintKey = (id: string): string => `sprint/${id}`;
export const qualityKey = (sprintId: string): string => `quality/${sprintId}`;
export const silenceKey = (agentId: string, taskId: string): string => `silence/${agentId}/${taskId}`;

/** Key of an emergency of what stands under that id among the leases of the index; what is not a resource of the plan has its kind there. */
export const leaseKey = (lease: string): string => (lease.includes(':') ? lease.replace(':', '/') : resourceKey(lease));
/** The way back. */
export const leaseIdOf = (key: string): string =>
  key.startsWith(OF_RESOURCE) ? key.slice(OF_RESOURCE.length) : key.replace('/', ':');
const OF_RESOURCE = 'resource/';
