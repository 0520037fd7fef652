/**
 * docs/performance.md: a section for each bench, which says when and on what it was measured. One bench can be measured
 * anew alone; the sections of the others stay as they are.
 */
import { type Figure, table } from './figures.js';

export interface Section {
  title: string;
  /** `2026-01-31 on 2 cores (...), Node v20`. */
  measured: string;
  figures: readonly Figure[];
}

const HEAD = `# Performance

Written by \`npm run bench\`, with encoders, viewers and browser on the machine that is measured; \`npm run bench -- NAME\`
measures one section anew. Read the figures as sizes: another machine gives others. Times are the middle of the
measurements unless it says otherwise.`;

/** The text of each section of a page, without its title, by title. */
function sectionsOf(page: string): Map<string, string> {
  const parts = page.split(/^## /m).slice(1);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf('\n');
      return [part.slice(0, end).trim(), part.slice(end + 1).trim()];
    }),
  );
}

/**
 * The page with fresh sections in place of those with their titles.
 * @param page as it is; empty when there is none
 * @param order titles of all sections that there may be; others are left out
 */
export function updatedPage(page: string, order: readonly string[], fresh: readonly Section[]): string {
  const sections = sectionsOf(page);
  for (const { title, measured, figures } of fresh) {
    sections.set(title, `Measured ${measured}.\n\n${table(figures)}`);
  }
  const parts = order.flatMap((title) => {
    const text = sections.get(title);
    return text === undefined ? [] : [`## ${title}\n\n${text}`];
  });
  return `${[HEAD, ...parts].join('\n\n')}\n`;
}
