// Runs before the first paint, so that a chosen theme never flashes the other one. Everything else is in src/app/theme.ts.
try {
  const theme = localStorage.getItem('millrace.theme');
  if (theme === '"light"' || theme === '"dark"') document.documentElement.style.colorScheme = JSON.parse(theme);
} catch {
  // storage is not allowed here: the system's theme it is
}
