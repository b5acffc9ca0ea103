// A picture as SVG text, written piece by piece. Every text is escaped; coordinates have a tenth of a pixel.

#ifndef PARZEN_CLIENTS_CLI_PLOT_SVG_H_
#define PARZEN_CLIENTS_CLI_PLOT_SVG_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parzen::cli {

// For element content and attribute values of XML and HTML; characters that XML forbids become '?'.
std::string EscapeXml(std::string_view text);

struct Point2 {
  double x = 0, y = 0;
};

class Svg {
 public:
  enum class Anchor { kStart, kMiddle, kEnd };

  Svg(double width, double height, std::string_view title);

  double width() const { return width_; }
  double height() const { return height_; }

  void Line(Point2 from, Point2 to, std::string_view color, double stroke = 1, double opacity = 1);
  void Path(const std::vector<Point2>& points, std::string_view color, double stroke = 1.5, double opacity = 1);
  // `tip` is shown where a browser's pointer rests on it.
  void Circle(Point2 center, double radius, std::string_view color, double opacity = 1, std::string_view tip = {});
  void Rect(Point2 corner, double width, double height, std::string_view color, std::string_view tip = {});
  void Text(Point2 at, std::string_view text, double size = 12, Anchor anchor = Anchor::kStart, std::string_view color = kInk,
            double degrees = 0);

  // A small label that stays readable on top of lines: with a white rim.
  void Label(Point2 at, std::string_view text, Anchor anchor = Anchor::kStart);

  // The whole document.
  std::string Finish() const;

  static constexpr std::string_view kInk = "#1f2933";
  static constexpr std::string_view kFaint = "#7b8794";
  static constexpr std::string_view kGrid = "#e4e7eb";

 private:
  double width_, height_;
  std::string title_, body_;
};

// A colour between dark violet (0) and yellow (1), alike in lightness steps: better values are darker in all plots.
std::string Shade(double share);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_PLOT_SVG_H_
