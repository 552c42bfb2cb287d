// The picture of the map: data between what lies beneath and what lies over them.
uniform sampler2D beneath;
uniform sampler2D over; // colours multiplied by their opacity
out vec4 colour;

void show(vec3 data, float opacity) {
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec3 ground = mix(texelFetch(beneath, at, 0).rgb, data, opacity);
  vec4 above = texelFetch(over, at, 0);
  colour = vec4(ground * (1.0 - above.a) + above.rgb, 1.0);
}
