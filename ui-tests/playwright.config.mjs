import galata from '@jupyterlab/galata/lib/playwright-config.js';
import { freePort, makeFolder } from './lab-server.mjs';

// The workers read this file too: they are to find the port and folder that the first reading chose.
process.env.VCP_UI_PORT ??= String(await freePort());
process.env.VCP_UI_FOLDER ??= makeFolder('main');
const url = `http://127.0.0.1:${process.env.VCP_UI_PORT}`;

export default {
  ...galata,
  testDir: './tests',
  outputDir: './test-results',
  globalTeardown: './global-teardown.mjs',
  // One after the other: they share one server, as a person's tabs do.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: process.env.CI === 'true',
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ...(process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ? [['json']] : [])],
  use: {
    ...galata.use,
    baseURL: url,
    viewport: { width: 1280, height: 800 },
    video: 'off',
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.VCP_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-lcd-text', '--disable-webgl']
    }
  },
  webServer: { command: 'node start-server.mjs', url: `${url}/api/status`, timeout: 120_000, reuseExistingServer: false, stdout: 'ignore', stderr: 'pipe', gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 } }
};
