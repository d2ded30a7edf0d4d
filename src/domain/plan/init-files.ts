import { agentInventory, agentSummary } from './init-agents.ts';

export interface InitFile {
  /** Relative to the folder of the project. */
  readonly path: string;
  readonly content: string;
}

/**
 * What `pact init` writes: a plan that runs as it is, its config, and two agents. One takes the inventory of the project's files,
 * one writes a page from it, and a person signs off.
 * @param person Who authorizes and signs off.
 */
export function initFiles({
  projectName,
  person,
}: {
  readonly projectName: string;
  readonly person: string;
}): readonly InitFile[] {
  return [
    { path: 'plan.yaml', content: plan(projectName) },
    { path: 'pact.config.yaml', content: config(person) },
    { path: 'agents/inventory.mjs', content: agentInventory },
    { path: 'agents/summary.mjs', content: agentSummary },
  ];
}

/** JSON strings are YAML strings: whatever a name holds, it stays one value. */
const text = (value: string): string => JSON.stringify(value);

const plan = (projectName: string): string => `# yaml-language-server: $schema=./node_modules/pact-temporal/dist/schemas/plan.json
pact: 1
project:
  name: ${text(projectName)}
  description: Takes stock of the files of this folder and writes a page about them.
sprints:
  - id: stocktaking
    duration: 1h
    tasks:
      - id: inventory
        title: List the files of the project with their sizes
        agent: inventory
        deliverables: [{ id: files, path: files.json }]
        estimate: 5s
        budget: { time: 1m }
      - id: summary
        title: Write a page about the project's files
        skills: [writing]
        dependsOn: [inventory]
        deliverables: [{ id: page, path: summary.md }]
        estimate: 5s
        budget: { time: 1m }
        checks: [page-has-text]
      - id: sign-off
        title: Read the page and say whether it is right
        agent: owner
        dependsOn: [summary]
        estimate: 5m
`;

const config = (person: string): string => `# yaml-language-server: $schema=./node_modules/pact-temporal/dist/schemas/config.json
agents:
  - id: inventory
    adapter: { kind: command, run: [node, agents/inventory.mjs] }
    skills: [files]
  - id: writer
    adapter: { kind: command, run: [node, agents/summary.mjs] }
    skills: [writing]
  - id: owner
    adapter: { kind: human, people: [${text(person)}], within: 24h, otherwise: fail }
checks:
  # Runs in the workspace of the task after its agent is done; exit status 0 means it is right.
  - { id: page-has-text, run: [grep, -q, '^- ', summary.md], timeout: 10s }
authorization: { mode: named, approvers: [${text(person)}], required: 1, expires: 24h }
`;
