import { access, constants, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Names under which distributions install it. */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Cold, on a machine with two busy cores. */
const LAUNCH_TIMEOUT_MS = 45_000;
/** A page that polls every 0.7 s shows what it should well within this. */
const SHOWN_TIMEOUT_MS = 15_000;
const SCREENSHOT_DIR = join(import.meta.dirname, '../../../.payguard/tests/screenshots');

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly locale?: string;
}

export const DESKTOP: Look = { width: 1440, height: 900 };
export const PHONE: Look = { width: 360, height: 740 };

export const NO_BROWSER =
  'There is no chromium, chromium-browser or google-chrome on PATH; install one to try the pages.';

/** The first browser on PATH, or undefined. */
export async function findBrowser(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  for (const path of PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program)))) {
    if (await isRunnable(path)) return path;
  }
  return undefined;
}

async function isRunnable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A headless browser. Everything that its pages complain about is kept in `complaints`. */
export class TestBrowser {
  readonly complaints: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(program: string): Promise<TestBrowser> {
    return new TestBrowser(await chromium.launch({ executablePath: program, args: FLAGS, timeout: LAUNCH_TIMEOUT_MS }));
  }

  async open(url: string, { width, height, colorScheme = 'light', locale = 'en-GB' }: Look): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: { width, height }, colorScheme, locale });
    const page = await context.newPage();
    page.setDefaultTimeout(SHOWN_TIMEOUT_MS);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    await page.goto(url);
    return page;
  }

  /** Ends all pages, so that none goes on asking a server that is about to stop. */
  async closePages(): Promise<void> {
    for (const context of this.#browser.contexts()) await context.close();
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

/** Kept for people to look at, as `.payguard/tests/screenshots/<name>.png`. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOT_DIR, { recursive: true });
  // Nothing is lit up under a mouse that lies where the last click was.
  await page.mouse.move(0, 0);
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: join(SCREENSHOT_DIR, `${name}.png`), fullPage: true });
}
