/** Puts a text on the clipboard and says so; where the browser does not allow it, says that. */
import { toast } from '../app/toasts.tsx';

export async function copyText(text: string, what: string): Promise<void> {
  if (await putOnClipboard(text)) toast(`${what} copied`);
  else toast({ kind: 'error', text: `The browser did not let this page copy. ${text}` });
}

async function putOnClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Pages that were not loaded securely have no clipboard of their own. */
function copyBySelection(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  return copied;
}
