// A finger, for engines whose drivers have none: the events that one makes. Runs in the page.

export function tapped(x, y) {
  const target = document.elementFromPoint(x, y);
  const tell = (type) => {
    const options = { pointerId: 7, pointerType: 'touch', isPrimary: true, button: 0, clientX: x, clientY: y, bubbles: true, cancelable: true };
    target.dispatchEvent(new PointerEvent(type, options));
  };
  tell('pointerdown');
  tell('pointerup');
}
