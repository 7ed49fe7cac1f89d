/** What a person finds and does on the page Explorer, on a screen of either size. */
import type { Locator } from 'playwright-core';
import type { Size, Visitor } from '../browser.ts';

export class ExplorerHand {
  readonly #visitor: Visitor;
  readonly #size: Size;

  constructor(visitor: Visitor, size: Size) {
    this.#visitor = visitor;
    this.#size = size;
  }

  get rows(): Locator {
    return this.#visitor.page.locator('[role=row][data-index]');
  }

  get bars(): Locator {
    return this.#visitor.page
      .getByRole('img', { name: /Lines over time/ })
      .locator('> div')
      .first();
  }

  get details(): Locator {
    return this.#visitor.page.getByRole('complementary', { name: 'Details' });
  }

  /** Until lines are there and nothing is under way. */
  async settled(): Promise<void> {
    await this.rows.first().waitFor();
    await this.#visitor.page.getByText(/\d+ shown, /).waitFor();
  }

  /** Asks for lines of a level: in the rail, on a phone above the list. */
  async onlyLevel(level: string): Promise<void> {
    const { page, hand } = this.#visitor;
    if (this.#size === 'phone')
      await hand.click(page.getByRole('group', { name: 'Groups of the bars' }).getByRole('button', { name: level }));
    else await hand.click(this.#railValue('level', level));
  }

  async onlyService(service: string): Promise<void> {
    const { page, hand } = this.#visitor;
    if (this.#size === 'phone')
      await hand.click(page.getByRole('group', { name: 'Values of service' }).getByRole('button', { name: service }));
    else await hand.click(this.#railValue('service', service));
  }

  #railValue(field: string, value: string): Locator {
    const values = this.#visitor.page.getByRole('region', { name: 'Fields' }).getByRole('group', { name: `Values of ${field}` });
    return values.getByRole('button', { name: new RegExp(`^${value}\\b`) });
  }

  async messages(): Promise<string[]> {
    return await this.rows.allInnerTexts();
  }
}
