import type { CommandAgentConfig } from '../domain/config/config.ts';
import { AttemptError, toAttemptFailure } from './attempt-failure.ts';
import type { Roster } from './roster.ts';

/** How to run the agent that was authorized. Throws an AttemptError (refused) when this worker has another one, or none. */
export async function authorizedAdapter(
  roster: Pick<Roster, 'find'>,
  { agent, digest }: { readonly agent: string; readonly digest: string },
): Promise<CommandAgentConfig['adapter']> {
  const refuse = (message: string): never => {
    throw new AttemptError(toAttemptFailure({ cause: 'refused', type: 'ConfigChanged', retryable: false, message }));
  };
  const found = await roster.find(agent);
  if (found === null) return refuse(`The config of this worker has no agent "${agent}", which the authorized plan names.`);
  if (found.digest !== digest) {
    return refuse(
      `Agent "${agent}" is not the one that was authorized: its config or a program file has changed (expected digest ` +
        `${digest}, found ${found.digest}). Restore it, or start the plan again and authorize the new one.`,
    );
  }
  if (found.config.adapter.kind !== 'command') {
    return refuse(`Agent "${agent}" is a person; a worker runs command agents only.`);
  }
  return found.config.adapter;
}
