package io.carovana.model.prompt;

import io.carovana.model.prompt.InfillPrompt.Order;
import io.carovana.model.tokenizer.Tokenizer;
import java.util.Optional;

/**
 * Infilling asked for in the prompt's text, as editors do: {@code <PRE> {prefix} <SUF>{suffix}
 * <MID>}, or suffix first, {@code <PRE> <SUF>{suffix} <MID> {prefix}}. The space before {@code
 * <SUF>} and {@code <MID>} belongs to the sentinel, and so do one before {@code <PRE>} and one
 * after it where they stand; everything else is the client's text, and what looks like a sentinel
 * in it stays text. What follows {@code <MID>} in the first form is taken for the begin of the
 * middle.
 *
 * <p>Where the code itself holds sentinels the form is ambiguous: the first {@code <SUF>} and the
 * last {@code <MID>} count.
 *
 * @param prefix the text before the gap
 * @param suffix the text after it
 * @param middle what the gap is known to begin with
 * @param order which form it was
 */
record InfillText(String prefix, String suffix, String middle, Order order) {
  private static final String PRE = "<PRE>";
  private static final String SUF = " <SUF>";
  private static final String MID = " <MID>";

  /** The parts, if the text has one of the forms. */
  static Optional<InfillText> parse(String text) {
    String trimmed = withoutLeadingSpace(text);
    if (!trimmed.startsWith(PRE)) {
      return Optional.empty();
    }
    String body = trimmed.substring(PRE.length());
    int suf = body.indexOf(SUF);
    int mid = body.lastIndexOf(MID);
    if (suf < 0 || mid < suf + SUF.length()) {
      return Optional.empty();
    }
    String prefix = body.substring(0, suf);
    String suffix = body.substring(suf + SUF.length(), mid);
    String rest = body.substring(mid + MID.length());
    return Optional.of(
        prefix.isEmpty()
            ? new InfillText(withoutLeadingSpace(rest), suffix, "", Order.SPM)
            : new InfillText(withoutLeadingSpace(prefix), suffix, rest, Order.PSM));
  }

  /**
   * As ids.
   *
   * @throws PromptException.NoInfilling if the vocabulary has no sentinels
   */
  EncodedPrompt encode(Tokenizer tokenizer, String field) {
    return InfillPrompt.of(tokenizer, prefix, suffix, middle, order, field);
  }

  private static String withoutLeadingSpace(String text) {
    return text.startsWith(" ") ? text.substring(1) : text;
  }
}
