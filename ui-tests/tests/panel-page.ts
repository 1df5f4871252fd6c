import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Locator, type Page } from '@playwright/test';

const SCREENSHOTS = join(dirname(dirname(fileURLToPath(import.meta.url))), 'screenshots');

export const PANEL = '#jp-vcp-panel';
const TAB = '.jp-SideBar [data-id="jp-vcp-panel"]';
/** The first of these is what people came for. */
const CONTENT = `${PANEL} .jp-Vcp-row, ${PANEL} .jp-Vcp-notice`;

/** The sidebar "Virtual Clouds", opened. */
export async function openPanel(page: Page): Promise<Locator> {
  const panel = page.locator(PANEL);
  if (!(await panel.isVisible())) await page.click(TAB);
  await expect(panel).toBeVisible();
  return panel;
}

/** Milliseconds from the press on the sidebar's tab to content on the screen. */
export async function timeToContent(page: Page): Promise<number> {
  await page.evaluate(([content]) => {
    const state = window as unknown as { panelTime: Promise<number> };
    state.panelTime = new Promise(resolve => {
      document.addEventListener('pointerdown', () => {
        const begun = performance.now();
        const look = (): void => {
          const found = document.querySelector<HTMLElement>(content);
          // The frame after the one that drew it: by then it is on the screen.
          if (found?.offsetParent) requestAnimationFrame(() => resolve(performance.now() - begun));
          else requestAnimationFrame(look);
        };
        look();
      }, { capture: true, once: true });
    });
  }, [CONTENT] as const);
  await page.click(TAB);
  return page.evaluate(() => (window as unknown as { panelTime: Promise<number> }).panelTime);
}

export function row(page: Page, kind: 'vc' | 'unit' | 'node', name: string): Locator {
  return page.locator(`${PANEL} .jp-Vcp-row[data-kind="${kind}"]`).filter({ has: page.locator('.jp-Vcp-name', { hasText: new RegExp(`^${name}$`) }) });
}

/** A picture for people to look at; nothing compares it. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
}

/** Galata asks this before it hands a new page out. */
export async function waitForApplication(page: Page): Promise<void> {
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  await page.locator('.jp-SideBar.jp-mod-left').waitFor();
}

/** What the server extension says about the controller. */
export async function controllerStatus(baseURL: string): Promise<{ state: string; home: string; controller?: { pid: number }; why?: unknown }> {
  return (await (await fetch(`${baseURL}/jupyterlab-vcp/status`)).json()) as { state: string; home: string; controller?: { pid: number }; why?: unknown };
}

/** Reads from the controller through the proxy, as the page does. */
export async function api<T>(baseURL: string, path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`${baseURL}/jupyterlab-vcp/api${path}`, init);
  return (await response.json()) as T;
}

export async function stopController(baseURL: string): Promise<void> {
  await api(baseURL, '/v1/controller:stop', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  await expect.poll(async () => (await controllerStatus(baseURL)).state).toBe('absent');
}

export async function startController(baseURL: string): Promise<void> {
  await fetch(`${baseURL}/jupyterlab-vcp/controller/start`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  // Its reason beside it: a failure here is to explain itself.
  await expect.poll(async () => { const { state, why } = await controllerStatus(baseURL); return { state, why }; }).toEqual({ state: 'running' });
}
