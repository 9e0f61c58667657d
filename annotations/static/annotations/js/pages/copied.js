// @ts-check
// Puts beside what is there to be copied a button that copies it. Without script it is selected and copied by hand.

const words = document.querySelector('[data-copy-word]');

for (const field of /** @type {NodeListOf<HTMLTextAreaElement>} */ (document.querySelectorAll('[data-copied]'))) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button-small';
  button.textContent = words?.getAttribute('data-copy-word') ?? 'Copy';
  button.addEventListener('click', () => copy(field, button));
  field.insertAdjacentElement('afterend', button);
}

/**
 * @param {HTMLTextAreaElement} field
 * @param {HTMLButtonElement} button
 */
async function copy(field, button) {
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = words?.getAttribute('data-copied-word') ?? 'Copied';
  } catch {
    field.focus();
    field.select();
  }
}
