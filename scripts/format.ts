/** `npm run format [-- paths]`: formats the sources in place. Nothing else ever rewrites a file that someone wrote. */
import { runTool } from './run-tool.ts';

const paths = process.argv.slice(2);
process.exitCode = await runTool('biome', ['format', '--write', ...(paths.length > 0 ? paths : ['.'])]);
