/** The investigations on the page Explorer, on a desktop. */
import { investigateAll } from './explorer-investigations.ts';

investigateAll('desktop');
