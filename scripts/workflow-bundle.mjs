import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/**
 * Bundles workflows as the product's are. Their modules are joined into one scope: as webpack leaves them otherwise, each call from one module
 * to another goes through a getter, so that what a workflow computes takes several times as long. And they are preloaded, once for all
 * workflows of a worker: otherwise each new one sets up all of them again, schemas and all, which costs it time and megabytes, and its code begins
 * as slow as code does that has never run. So none of these modules may keep anything of a workflow; what must be is in the global object, which
 * each workflow has for itself.
 * @param options Of `bundleWorkflowCode`. @returns The code.
 */
export async function bundleWorkflows(options, logLevel = 'WARN') {
  const { code } = await bundleWorkflowCode({
    ...options,
    preloadModules: [options.workflowsPath, options.payloadConverterPath, options.failureConverterPath],
    logger: new DefaultLogger(logLevel),
    webpackConfigHook: (config) => ({ ...config, optimization: { ...config.optimization, concatenateModules: true } }),
  });
  return code;
}
