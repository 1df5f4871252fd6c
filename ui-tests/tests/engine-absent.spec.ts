import { expect, galata, test } from '@jupyterlab/galata';
import { WORK_FOLDER, clearFolder, freePort, makeFolder, startLab } from '../lab-server.mjs';
import { openPanel, picture, waitForApplication } from './panel-page.js';

/** A machine without Docker: a server of its own, whose controller is told of an engine that is not there. */
test('without Docker, the panel says what is missing and how to get it', async ({ browser }) => {
  const folder = makeFolder('noengine');
  const lab = await startLab({ port: await freePort(), folder, environment: { DOCKER_HOST: `unix://${folder}/no-docker.sock` } });
  try {
    const { page } = await galata.newPage({ baseURL: lab.url, browser, tmpPath: WORK_FOLDER, waitForApplication });
    const notice = (await openPanel(page)).locator('.jp-Vcp-provider');
    await expect(notice).toContainText('“This computer (containers)” cannot be used now');
    await expect(notice).toContainText('The Docker engine of this computer is not there');
    await notice.getByText('How to install and start Docker').click();
    await expect(notice).toContainText('sudo apt-get install docker.io');
    await picture(page, 'engine-absent');
    await notice.getByRole('button', { name: 'Look again' }).click();
    await expect(notice).toBeVisible();
    await page.context().close();
  } finally {
    await clearFolder(lab.url, folder);
    await lab.stop();
  }
});
