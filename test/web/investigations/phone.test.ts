/** The investigations on the page Explorer, on a phone. */
import { investigateAll } from './explorer-investigations.ts';

investigateAll('phone');
