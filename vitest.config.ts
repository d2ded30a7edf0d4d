import { defineConfig } from 'vitest/config';

const isCi = Boolean(process.env.CI);

export default defineConfig({
  test: {
    globalSetup: ['test/support/temporal-server.ts'],
    // Many tests wait for servers and agents: three files at a time keep two cores busy; more starve the timing of each other.
    maxWorkers: 3,
    // Loading the SDK and a worker costs more than most tests: what is built and what is installed stays loaded from file to file.
    isolate: false,
    server: { deps: { external: [/\/dist\//] } },
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Engine tests run real servers, workers and agents; where others load the machine, a deadline may pass that means nothing.
    retry: isCi ? 1 : 0,
    reporters: isCi ? ['default', ['json', { outputFile: 'coverage/tests.json' }]] : ['default'],
  },
});
