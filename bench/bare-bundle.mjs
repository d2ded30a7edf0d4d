import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '../scripts/workflow-bundle.mjs';

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The product's workflows together with the bare ones that they are compared with, for one worker. */
export async function bundleWithBare() {
  const code = await bundleWorkflows(
    {
      workflowsPath: pathOf('bare-workflows.mjs'),
      payloadConverterPath: pathOf('../dist/workflows/payload-converter.js'),
      failureConverterPath: pathOf('../dist/workflows/failure-converter.js'),
    },
    'ERROR',
  );
  return { code };
}
