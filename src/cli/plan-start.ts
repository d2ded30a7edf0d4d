import type { StartRequest } from '../client/start.ts';
import type { LoadedPlan } from '../config.ts';
import type { Config } from '../domain/config/config.ts';
import { jsonBytes } from '../domain/json-size.ts';
import { keepPlan } from '../plan-store.ts';
import { bytesText } from './render/bytes-text.ts';

/** Bytes of JSON that travel in the input of the workflow, well below the server's 2 MiB. */
const MAX_INPUT_BYTES = 1024 * 1024;

/**
 * The plan as it is started: itself, or, of one too large, a reference to the artifact store that it shares with the workers.
 * @param config Called when the plan has to be put there. @throws CliError when there is none
 */
export async function toStart(
  { data }: LoadedPlan,
  config: () => Config,
  note: (line: string) => void,
): Promise<Pick<StartRequest, 'plan' | 'planRef'>> {
  const bytes = jsonBytes(data);
  if (bytes <= MAX_INPUT_BYTES) return { plan: data };
  note(
    `The plan takes ${bytesText(bytes)}: it is referred to and lies in the artifact store of the config, ` +
      'whose folder the workers must share.',
  );
  return { plan: data, planRef: await keepPlan(config(), data) };
}
