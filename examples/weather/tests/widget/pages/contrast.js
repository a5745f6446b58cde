// The lowest contrast of any text on the card against every ground it may stand on, with the text itself.
() => {
  const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
  const over = (top, ground) => {
    const alpha = top[3] ?? 1;
    return [0, 1, 2].map((channel) => top[channel] * alpha + ground[channel] * (1 - alpha));
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) => value / 255).map(
      (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const probe = document.createElement("i");
  document.getElementById("card").append(probe);
  const named = (name) => { probe.style.color = `var(${name})`; return parse(getComputedStyle(probe).color); };
  const [surface, sky, ink] = [named("--surface"), named("--sky"), named("--ink")];
  probe.remove();

  const grounds = (element) => {
    for (let at = element; at && at.id !== "card"; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] !== 0) return [colour];
    }
    const plain = [surface, sky];
    const picked = plain.map((ground) => over([...ink, 0.055], ground));
    return element instanceof SVGElement ? [...plain, ...picked] : plain;
  };
  const texts = [...document.querySelectorAll("#card *")].filter((element) =>
    element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  const found = texts.flatMap((element) => {
    const style = getComputedStyle(element);
    const colour = parse(element instanceof SVGElement ? style.fill : style.color);
    return grounds(element).map((ground) => [contrast(over(colour, ground), ground.slice(0, 3)), element.textContent]);
  });
  return found.sort(([one], [other]) => one - other)[0];
}
