from dataclasses import dataclass
import verovio
@dataclass(frozen=True)
class Heading:
    title: str
    subtitle: str
    composer: str
def draw(x, heading):
    tk = verovio.toolkit()
    tk.setOptions(dict(pageHeight=60000, pageWidth=2100, adjustPageHeight=True, footer="none", svgViewBox=True))
    assert tk.loadData(x)
    return tuple(tk.renderToSVG(i + 1) for i in range(tk.getPageCount()))
