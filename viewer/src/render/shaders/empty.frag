// Where there are no data.
void main() {
  show(vec3(0.0), 0.0);
}
