import { chromium } from '@playwright/test';
// @ts-expect-error plain JavaScript without declarations
import { clearFolder, freePort, makeFolder, startLab } from '../ui-tests/lab-server.mjs';
import { timeToContent, waitForApplication } from '../ui-tests/tests/panel-page.js';
import { median, row, type Row } from './row.js';

interface Lab { readonly url: string; stop(): Promise<void> }

/** From the press on the sidebar's tab to content on the screen, each time in a page that was just loaded. */
export async function panelBench(samples: number): Promise<readonly Row[]> {
  const folder = makeFolder('bench') as string;
  const lab = await startLab({ port: await freePort(), folder }) as Lab;
  const browser = await chromium.launch({ executablePath: process.env['VCP_CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
  try {
    const times: number[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      const page = await browser.newPage();
      await page.goto(`${lab.url}/lab/workspaces/bench${sample}`);
      await waitForApplication(page);
      times.push(await timeToContent(page));
      await page.close();
    }
    return [row('panel: open to content', 'ms', median(times), null, `${samples} fresh pages`, { kind: 'below', most: 150 })];
  } finally {
    await browser.close();
    await clearFolder(lab.url, folder);
    await lab.stop();
  }
}
