// Texts of the page whose contrast with what lies behind them is below 4.5 (3 where they are large), as
// "ratio: words (element)". Texts on pictures and gradients, and of disabled controls, are left out.
() => {
  const numbers = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const colour = (text) => {
    const [red, green, blue, opacity = 1] = numbers(text);
    const scale = text.startsWith("color(") ? 255 : 1;
    return [red * scale, green * scale, blue * scale, opacity];
  };
  const over = (front, back) => [0, 1, 2].map((k) => front[k] * front[3] + back[k] * (1 - front[3])).concat(1);
  const light = (one) => {
    const [red, green, blue] = one.map((value) => (value / 255 <= 0.04045 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const parent = (one) => one.assignedSlot ?? one.parentElement ?? one.getRootNode().host ?? null;
  const low = new Set();
  function look(element, words) {
    const style = getComputedStyle(element),
      isSvg = element instanceof SVGElement,
      layers = [];
    let opacity = isSvg ? Number(style.fillOpacity) : 1;
    for (let one = element; one; one = parent(one)) {
      const { opacity: own, backgroundColor, backgroundImage } = getComputedStyle(one);
      if (one.disabled || one.ariaDisabled === "true" || one.role === "slider" || own === "0") return;
      opacity *= Number(own);
      if (backgroundImage !== "none") return;
      layers.push(colour(backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    const back = layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
    const text = colour(isSvg ? style.fill : style.color);
    const [high, deep] = [light(over([...text.slice(0, 3), text[3] * opacity], back)), light(back)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (deep + 0.05),
      size = Number.parseFloat(style.fontSize),
      isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    // A text of exactly the colour behind its element stands beside it, as the number above the knob of a slider does.
    if (ratio > 1.01 && ratio < (isLarge ? 3 : 4.5)) low.add(`${ratio.toFixed(2)}: ${words.slice(0, 40)} (${element.tagName} ${element.getAttribute("class") ?? ""})`);
  }
  function visit(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.shadowRoot) visit(node.shadowRoot);
      const words = node.nodeType === Node.TEXT_NODE ? node.textContent.trim() : "",
        element = node.parentElement;
      if (!words || !element || /^(STYLE|SCRIPT|NOSCRIPT|OPTION|TITLE)$/.test(element.tagName)) continue;
      const range = document.createRange();
      range.selectNode(node);
      const { width, height } = range.getBoundingClientRect();
      const isIcon = element.closest("[data-testid=stIconMaterial]");
      if (width > 1 && height > 1 && !isIcon && element.checkVisibility({ visibilityProperty: true })) look(element, words);
    }
  }
  visit(document.body);
  return [...low];
}
