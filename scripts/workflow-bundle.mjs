import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/**
 * Bundles workflows as the product's are: their modules joined into one scope. As webpack leaves them otherwise, each call from one module
 * to another goes through a getter, which is another one in each workflow of a worker, so that V8 can inline none of them: what a workflow
 * computes takes several times as long, and each new one has hundreds of modules to set up.
 * @param options Of `bundleWorkflowCode`. @returns The code.
 */
export async function bundleWorkflows(options, logLevel = 'WARN') {
  const { code } = await bundleWorkflowCode({
    ...options,
    logger: new DefaultLogger(logLevel),
    webpackConfigHook: (config) => ({ ...config, optimization: { ...config.optimization, concatenateModules: true } }),
  });
  return code;
}
