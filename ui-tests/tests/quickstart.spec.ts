import { expect, galata, test, type IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Browser, Locator } from '@playwright/test';
import { WORK_FOLDER } from '../lab-server.mjs';
import { PANEL, api, openPanel, picture, row, startController, waitForApplication } from './panel-page.js';

interface IOperation { readonly id: string; readonly kind: string; readonly state: string }
const CREATE_LIMIT_MS = 240_000;

/** The story of the quick start, on real nodes: one notebook, one browser that is closed in the middle. */
test.describe.serial('quick start', () => {
  test.setTimeout(300_000);
  let page: IJupyterLabPageFixture;

  test.beforeAll(async ({ browser, baseURL }) => {
    await startController(baseURL!);
    page = await openBrowser(browser, baseURL!);
  });
  test.afterAll(() => page.context().close());

  test('the launcher makes a work copy of the template and opens it', async () => {
    const section = page.locator('.jp-Launcher-section').filter({ has: page.locator('.jp-Launcher-sectionTitle', { hasText: 'Virtual Cloud' }) });
    await expect(section.locator('.jp-LauncherCard-label')).toHaveText(['Notebook', 'Quick start']);
    await picture(page, 'launcher');
    await section.locator('.jp-LauncherCard', { hasText: 'Quick start' }).click();
    await expect(page.locator('.jp-NotebookPanel:visible')).toBeVisible();
    await expect(page.locator('.jp-NotebookPanel:visible .jp-KernelName')).toContainText('Virtual Cloud (TypeScript)');
    await expect(page.locator('.jp-DirListing-item', { hasText: 'quickstart.ipynb' })).toBeVisible();
  });

  test('a cell makes a virtual cloud, and the panel follows', async () => {
    await runCell(page, 'const cloud =');
    await openPanel(page);
    const applying = startCell(page, '%%vc apply');
    await expect(row(page, 'vc', 'quickstart').locator('.jp-Vcp-progress')).toBeVisible({ timeout: CREATE_LIMIT_MS });
    await expect(page.locator('.jp-Vcp-statusItem')).toContainText('Apply quickstart');
    await picture(page, 'applying');
    await finished(await applying, CREATE_LIMIT_MS);
    for (const node of ['head-1', 'worker-1', 'worker-2']) {
      await expect(row(page, 'node', node).locator('.jp-Vcp-stateWord')).toHaveText('running');
      await expect(row(page, 'node', node).locator('.jp-Vcp-facts')).toHaveText(/^\d+\.\d+\.\d+\.\d+/);
    }
    await expect(row(page, 'unit', 'worker').locator('.jp-Vcp-count')).toHaveText('2/2');
    await expect(page.locator('.jp-Vcp-statusItem')).toHaveText('3 nodes');
    await picture(page, 'created');
  });

  test('a parallel job runs on the workers and becomes a picture', async () => {
    await runCell(page, '%%on worker --container sampler-main --into answers');
    const plot = await runCell(page, 'function estimate');
    await expect(plot.locator('.jp-OutputArea-output .vega-embed')).toBeVisible();
    await plot.locator('.jp-OutputArea-output').scrollIntoViewIfNeeded();
    await picture(page, 'job');
  });

  test('the tree is walked with the keyboard alone', async () => {
    const focused = (): Promise<string | undefined> => page.evaluate(() => document.activeElement?.querySelector('.jp-Vcp-name')?.textContent ?? undefined);
    await page.keyboard.press('Control+Alt+v');
    await row(page, 'vc', 'quickstart').focus();
    const seen: (string | undefined)[] = [];
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'ArrowRight', 'End', 'Home']) {
      await page.keyboard.press(key);
      seen.push(await focused());
    }
    // From `worker`, left folds it and stays; up then leads to head-1, from which right leads nowhere.
    expect(seen).toEqual(['head', 'head-1', 'worker', 'worker', 'head-1', 'head-1', 'worker', 'quickstart']);
    await expect(row(page, 'unit', 'worker')).toHaveAttribute('aria-expanded', 'false');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowRight');
    await expect(row(page, 'unit', 'worker')).toHaveAttribute('aria-expanded', 'true');
    await picture(page, 'keyboard');
    await page.keyboard.press('Home');
    await page.keyboard.press('Delete');
    await expect(page.locator('.jp-Dialog')).toContainText('Delete virtual cloud quickstart');
    await page.keyboard.press('Escape');
    await expect(row(page, 'vc', 'quickstart')).toBeVisible();
  });

  test('the context menu copies an address and inserts a cell that runs', async ({ baseURL }) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await row(page, 'node', 'worker-1').locator('.jp-Vcp-name').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Copy Address' }).click();
    const { items } = await api<{ items: { name: string; address: string }[] }>(baseURL!, '/v1/vcs/quickstart/nodes');
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(items.find(node => node.name === 'worker-1')!.address);
    await row(page, 'unit', 'worker').locator('.jp-Vcp-name').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Insert Cell' }).click();
    const cell = await runCell(page, '%%on quickstart/worker');
    await expect(cell.locator('.jp-OutputArea-output').first()).toContainText('worker-');
  });

  test('scaling from the panel goes on while the browser is closed', async ({ browser, baseURL }) => {
    const worker = row(page, 'unit', 'worker');
    await worker.hover();
    await worker.getByRole('button', { name: 'Scale worker…' }).click();
    const dialog = page.locator('.jp-Dialog');
    await dialog.locator('input').fill('3');
    await picture(page, 'scale');
    await dialog.getByRole('button', { name: 'Scale' }).click();
    const operation = await newest(baseURL!, 'scale');
    await expect(page.locator(`.jp-Vcp-operation[data-operation="${operation.id}"]`)).toBeVisible();
    await page.context().close();
    expect(['queued', 'running']).toContain((await api<IOperation>(baseURL!, `/v1/operations/${operation.id}`)).state);
    await expect.poll(async () => (await api<IOperation>(baseURL!, `/v1/operations/${operation.id}`)).state, { timeout: 120_000 }).toBe('succeeded');
    page = await openBrowser(browser, baseURL!);
    await openPanel(page);
    await expect(row(page, 'unit', 'worker').locator('.jp-Vcp-count')).toHaveText('3/3');
    await expect(row(page, 'node', 'worker-3').locator('.jp-Vcp-stateWord')).toHaveText('running');
    await expect(page.locator(`.jp-Vcp-operation[data-operation="${operation.id}"]`)).toHaveAttribute('data-state', 'succeeded');
    await picture(page, 'scaled');
  });

  test('the notebook of the closed browser is still there, and its scale cell finds nothing left to do', async ({ baseURL }) => {
    await page.click('.jp-SideBar [data-id="filebrowser"]');
    await page.locator('.jp-DirListing-item', { hasText: 'quickstart.ipynb' }).dblclick();
    await expect(page.locator('.jp-NotebookPanel:visible .jp-Cell').first()).toBeVisible();
    await expect(page.locator('.jp-NotebookPanel:visible .jp-KernelName')).toContainText('Virtual Cloud (TypeScript)');
    await runCell(page, '%vc scale worker 3');
    await runCell(page, '%%on worker --container sampler-main --into more');
    await runCell(page, 'const second = estimate');
    const { items } = await api<{ items: { unit: string }[] }>(baseURL!, '/v1/vcs/quickstart/nodes');
    expect(items.filter(node => node.unit === 'worker')).toHaveLength(3);
  });

  test('scaling down names the node that goes and asks first', async ({ baseURL }) => {
    await openPanel(page);
    const worker = row(page, 'unit', 'worker');
    const ask = async (): Promise<Locator> => {
      await worker.focus();
      await page.keyboard.press('F2');
      await page.locator('.jp-Dialog input').fill('2');
      await page.keyboard.press('Enter');
      const dialog = page.locator('.jp-Dialog').filter({ has: page.locator('.jp-Vcp-goes') });
      await expect(dialog.locator('.jp-Vcp-goes li')).toHaveText(['worker-3']);
      return dialog;
    };
    const dialog = await ask();
    await picture(page, 'scale-down');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect((await api<{ items: unknown[] }>(baseURL!, '/v1/vcs/quickstart/nodes')).items).toHaveLength(4);
    await (await ask()).getByRole('button', { name: 'Remove it' }).click();
    await expect(row(page, 'node', 'worker-3')).toHaveCount(0, { timeout: 60_000 });
    await expect(worker.locator('.jp-Vcp-count')).toHaveText('2/2');
  });

  test('deleting asks for the name and leaves the empty panel', async ({ baseURL }) => {
    const cloud = row(page, 'vc', 'quickstart');
    await cloud.hover();
    await cloud.getByRole('button', { name: 'Delete quickstart…' }).click();
    const dialog = page.locator('.jp-Dialog');
    const button = dialog.getByRole('button', { name: 'Delete' });
    await expect(dialog.locator('.jp-Vcp-goes li')).toHaveText(['head-1', 'worker-1', 'worker-2']);
    await expect(button).toBeDisabled();
    await dialog.locator('input').fill('quickstar');
    await page.keyboard.press('Enter');
    await expect(dialog).toBeVisible();
    await dialog.locator('input').fill('quickstart');
    await picture(page, 'delete');
    await button.click();
    await expect(page.locator(`${PANEL} .jp-Vcp-empty`)).toBeVisible({ timeout: 120_000 });
    expect((await api<{ items: unknown[] }>(baseURL!, '/v1/vcs')).items).toEqual([]);
    await picture(page, 'deleted');
  });
});

async function openBrowser(browser: Browser, baseURL: string): Promise<IJupyterLabPageFixture> {
  // Galata reads every answer of the kernels' API as JSON, which fails for those that are empty; and it would end the kernel with the page.
  return (await galata.newPage({ baseURL, browser, mockKernels: false, mockSessions: false, mockTerminals: false, tmpPath: WORK_FOLDER, waitForApplication })).page;
}

async function startCell(page: IJupyterLabPageFixture, beginning: string): Promise<Locator> {
  // Galata's own way to read a cell opens it for editing, which leaves every text cell as source.
  const sources = await page.evaluate(() => {
    const current = (window as unknown as { jupyterapp: { shell: { currentWidget: { content: { widgets: { model: { sharedModel: { getSource(): string } } }[] } } } } }).jupyterapp.shell.currentWidget;
    return current.content.widgets.map(cell => cell.model.sharedModel.getSource());
  });
  const index = sources.findIndex(source => source.startsWith(beginning));
  if (index < 0) throw new Error(`no cell begins with ${beginning}`);
  await page.notebook.runCell(index, { inplace: true, wait: false });
  return (await page.notebook.getCellLocator(index))!;
}

/** Waits until the cell has run, and demands that it has not failed. */
async function finished(cell: Locator, timeout = 60_000): Promise<Locator> {
  await expect(cell.locator('.jp-InputPrompt')).toHaveText(/\[\d+\]:/, { timeout });
  expect(await cell.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').allTextContents()).toEqual([]);
  return cell;
}

async function runCell(page: IJupyterLabPageFixture, beginning: string): Promise<Locator> {
  return finished(await startCell(page, beginning));
}

async function newest(baseURL: string, kind: string): Promise<IOperation> {
  const find = async (): Promise<IOperation | undefined> => (await api<{ items: IOperation[] }>(baseURL, '/v1/operations?limit=20')).items.find(operation => operation.kind === kind);
  await expect.poll(async () => (await find())?.id).toBeDefined();
  return (await find())!;
}
