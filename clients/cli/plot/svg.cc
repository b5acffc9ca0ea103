#include "clients/cli/plot/svg.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_format.h"

namespace parzen::cli {
namespace {

// A tenth of a pixel, without a trailing ".0".
std::string Pixels(double value) {
  std::string text = absl::StrFormat("%.1f", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string Opacity(double opacity) { return opacity < 1 ? absl::StrFormat(" opacity=\"%.2g\"", opacity) : std::string(); }

std::string Closing(std::string_view element, std::string_view tip) {
  if (tip.empty()) return "/>\n";
  return "><title>" + EscapeXml(tip) + "</title></" + std::string(element) + ">\n";
}

}  // namespace

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return escaped;
}

Svg::Svg(double width, double height, std::string_view title) : width_(width), height_(height), title_(title) {}

void Svg::Line(Point2 from, Point2 to, std::string_view color, double stroke, double opacity) {
  body_ += "<line x1=\"" + Pixels(from.x) + "\" y1=\"" + Pixels(from.y) + "\" x2=\"" + Pixels(to.x) + "\" y2=\"" + Pixels(to.y) +
           "\" stroke=\"" + std::string(color) + "\" stroke-width=\"" + Pixels(stroke) + "\"" + Opacity(opacity) + "/>\n";
}

void Svg::Path(const std::vector<Point2>& points, std::string_view color, double stroke, double opacity) {
  if (points.size() < 2) return;
  body_ += "<polyline points=\"";
  for (const Point2& point : points) body_ += Pixels(point.x) + "," + Pixels(point.y) + " ";
  body_.back() = '"';
  body_ += " fill=\"none\" stroke=\"" + std::string(color) + "\" stroke-width=\"" + Pixels(stroke) +
           "\" stroke-linejoin=\"round\"" + Opacity(opacity) + "/>\n";
}

void Svg::Circle(Point2 center, double radius, std::string_view color, double opacity, std::string_view tip) {
  body_ += "<circle cx=\"" + Pixels(center.x) + "\" cy=\"" + Pixels(center.y) + "\" r=\"" + Pixels(radius) + "\" fill=\"" +
           std::string(color) + "\"" + Opacity(opacity) + Closing("circle", tip);
}

void Svg::Rect(Point2 corner, double width, double height, std::string_view color, std::string_view tip) {
  body_ += "<rect x=\"" + Pixels(corner.x) + "\" y=\"" + Pixels(corner.y) + "\" width=\"" + Pixels(std::max(0.0, width)) +
           "\" height=\"" + Pixels(std::max(0.0, height)) + "\" fill=\"" + std::string(color) + "\"" + Closing("rect", tip);
}

void Svg::Text(Point2 at, std::string_view text, double size, Anchor anchor, std::string_view color, double degrees) {
  body_ += "<text x=\"" + Pixels(at.x) + "\" y=\"" + Pixels(at.y) + "\" font-size=\"" + Pixels(size) + "\" fill=\"" +
           std::string(color) + "\"";
  if (anchor == Anchor::kMiddle) body_ += " text-anchor=\"middle\"";
  if (anchor == Anchor::kEnd) body_ += " text-anchor=\"end\"";
  if (degrees != 0) body_ += " transform=\"rotate(" + Pixels(degrees) + " " + Pixels(at.x) + " " + Pixels(at.y) + ")\"";
  body_ += ">" + EscapeXml(text) + "</text>\n";
}

void Svg::Label(Point2 at, std::string_view text, Anchor anchor) {
  const size_t before = body_.size();
  Text(at, text, 10, anchor);
  body_.insert(before + 5, " paint-order=\"stroke\" stroke=\"#ffffff\" stroke-width=\"4\" stroke-linejoin=\"round\"");
}

std::string Svg::Finish() const {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + Pixels(width_) + " " + Pixels(height_) + "\" width=\"" +
         Pixels(width_) + "\" height=\"" + Pixels(height_) +
         "\" font-family=\"system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif\" role=\"img\">\n<title>" + EscapeXml(title_) +
         "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" + body_ + "</svg>\n";
}

std::string Shade(double share) {
  // Five points of a scale whose lightness grows evenly.
  static constexpr std::array<std::array<double, 3>, 5> kStops = {
      {{62, 15, 92}, {52, 87, 140}, {33, 145, 140}, {94, 190, 98}, {233, 214, 62}}};
  const double place = std::clamp(std::isnan(share) ? 1.0 : share, 0.0, 1.0) * (kStops.size() - 1);
  const auto below = std::min(static_cast<size_t>(place), kStops.size() - 2);
  const double part = place - static_cast<double>(below);
  const auto channel = [&](size_t i) {
    return static_cast<int>(std::lround(kStops[below][i] * (1 - part) + kStops[below + 1][i] * part));
  };
  return absl::StrFormat("#%02x%02x%02x", channel(0), channel(1), channel(2));
}

}  // namespace parzen::cli
