using System.Text;
using System.Text.RegularExpressions;

namespace Serment.Fast.Tests.Texts;

/// <summary>What a source file says: the string literals of its C#, and for Razor the texts and attributes of its markup. Enough of both grammars for how this project is written.</summary>
internal sealed partial class SourceText
{
    /// <summary>A literal with its interpolations as numbered holes; <paramref name="Before"/> is what stands before it in its statement.</summary>
    public sealed record Literal(string Text, string Before);

    /// <summary>Words of the page: text between tags, or the value of an attribute that people see or hear, outside of any expression and of any element that names its own language.</summary>
    public sealed record Words(string Text, string? Attribute);

    private static readonly HashSet<string> Seen = new(["placeholder", "title", "aria-label", "alt", "label", "Label", "Text", "HelperText", "Placeholder", "AriaLabel"], StringComparer.Ordinal);
    private static readonly HashSet<string> Void = new(["input", "img", "br", "link", "meta", "hr", "col"], StringComparer.Ordinal);

    private readonly string _s;
    private bool _ownLanguage;

    public List<Literal> Literals { get; } = [];
    public List<Words> Markup { get; } = [];

    private SourceText(string source) => _s = source;

    public static SourceText OfCSharp(string source)
    {
        var read = new SourceText(source);
        read.Code(0, source.Length);
        return read;
    }

    public static SourceText OfRazor(string source)
    {
        var read = new SourceText(source);
        for (var i = 0; i < source.Length;) i = read.MarkupItem(i);
        return read;
    }

    /// <summary>A browser's script: what stands in single quotes or backticks, in one line.</summary>
    public static SourceText OfScript(string source)
    {
        var read = new SourceText(source);
        foreach (Match match in Quoted().Matches(source))
        {
            var holes = 0;
            read.Literals.Add(new Literal(ScriptHole().Replace(match.Groups[1].Value + match.Groups[2].Value, _ => $"{{{holes++}}}").Trim(), ""));
        }
        return read;
    }

    // ---- C# ---------------------------------------------------------------------------------------------------

    private void Code(int from, int to)
    {
        for (var i = from; i < to;)
            if (Comment(i) is var past && past > i) i = past;
            else if (IsString(i)) { var end = SkipString(i); Add(i, end); i = end; }
            else i = SkipOne(i);
    }

    private void Add(int from, int end)
    {
        var open = _s.IndexOf('"', from);
        var (interpolated, quote) = (_s[from..open].Contains('$', StringComparison.Ordinal), _s.AsSpan(open).StartsWith("\"\"\"") ? 3 : 1);
        var (text, holes) = (new StringBuilder(), 0);
        for (var i = open + quote; i < end - quote; i++)
            if (interpolated && _s[i] == '{' && _s[i + 1] != '{')
            {
                var close = Balanced(i);
                Code(i + 1, close - 1);
                text.Append('{').Append(holes++).Append('}');
                i = close - 1;
            }
            else if (_s[i] is '\\' && quote == 1) text.Append(_s[++i] is 'n' ? '\n' : _s[i]);
            else text.Append(_s[i]);
        Literals.Add(new Literal(text.ToString(), _s[Statement(from)..from]));
    }

    /// <summary>Where the statement that holds this place begins: after a semicolon, or a brace that ends its line.</summary>
    private int Statement(int i) => i == 0 ? 0 : new[] { _s.LastIndexOf(';', i - 1), _s.LastIndexOf("{\n", i - 1, StringComparison.Ordinal), _s.LastIndexOf("}\n", i - 1, StringComparison.Ordinal) }.Max() + 1;

    private bool IsString(int i) => _s[i] == '"' || (_s[i] is '$' or '@' && Prefix().IsMatch(_s.AsSpan(i, Math.Min(3, _s.Length - i))));

    private int SkipString(int i)
    {
        var (interpolated, verbatim) = (false, false);
        for (; _s[i] is '$' or '@'; i++) (interpolated, verbatim) = (interpolated | _s[i] == '$', verbatim | _s[i] == '@');
        if (_s.AsSpan(i).StartsWith("\"\"\"")) return _s.IndexOf("\"\"\"", i + 3, StringComparison.Ordinal) + 3;
        for (i++; ;)
            if (_s[i] == '"') { if (!verbatim || _s[i + 1] != '"') return i + 1; i += 2; }
            else if (_s[i] == '\\' && !verbatim) i += 2;
            else if (interpolated && _s[i] == '{') i = _s[i + 1] == '{' ? i + 2 : Balanced(i);
            else i++;
    }

    /// <summary>Past the bracket that closes the one here.</summary>
    private int Balanced(int i)
    {
        for (var depth = 0; ;)
        {
            if (Comment(i) is var past && past > i) { i = past; continue; }
            if (IsString(i)) { i = SkipString(i); continue; }
            if (_s[i] is '(' or '[' or '{') depth++;
            else if (_s[i] is ')' or ']' or '}' && --depth == 0) return i + 1;
            i = SkipOne(i);
        }
    }

    private int Comment(int i) => _s.AsSpan(i).StartsWith("//") ? _s.IndexOf('\n', i) is var end and >= 0 ? end : _s.Length
        : _s.AsSpan(i).StartsWith("/*") ? _s.IndexOf("*/", i, StringComparison.Ordinal) + 2 : i;

    private int SkipOne(int i) => _s[i] == '\'' && Character().Match(_s, i, Math.Min(10, _s.Length - i)) is { Success: true } one ? i + one.Length : i + 1;

    // ---- Razor ------------------------------------------------------------------------------------------------

    private int MarkupItem(int i)
    {
        if (_s[i] == '<' && char.IsLetter(_s[i + 1])) return Element(i);
        if (_s[i] == '<') return _s.IndexOf('>', i) + 1;
        if (_s[i] != '@')
        {
            var end = _s.AsSpan(i).IndexOfAny('<', '@') is var found and > 0 ? i + found : _s.Length;
            if (!_ownLanguage) Markup.Add(new Words(_s[i..end].Trim(), null));
            return end;
        }
        if (_s.AsSpan(i).StartsWith("@*")) return _s.IndexOf("*@", i, StringComparison.Ordinal) + 2;
        if (At(CodeBlock(), i) is { } code) { var end = Balanced(i + code.Length - 1); Code(i, end); return end; }
        if (At(Directive(), i) is { } directive) return i + directive.Length;
        if (At(Control(), i) is { } control)
        {
            var end = Balanced(i + control.Length - 1);
            Code(i, end);
            for (end = Block(end); At(Else(), end) is { } or; end = Block(end))
            {
                end += or.Length;
                if (!or.Groups[1].Success) continue;
                var condition = Balanced(end);
                Code(end, condition);
                end = condition;
            }
            return end;
        }
        if (_s[i + 1] == '{') return Block(i + 1);
        var past = Expression(i);
        Code(i, past);
        return past;
    }

    /// <summary>The inside of braces: C# until a tag begins a statement.</summary>
    private int Block(int i)
    {
        i = _s.IndexOf('{', i) + 1;
        var (start, previous) = (i, '{');
        while (true)
        {
            var c = _s[i];
            if (IsString(i)) { i = SkipString(i); previous = '"'; }
            else if (c == '}') { Code(start, i); return i + 1; }
            else if (c == '{') { Code(start, i); start = i = Block(i); previous = '}'; }
            else if (c is '(' or '[') { i = Balanced(i); previous = ')'; }
            else if (c == '<' && char.IsLetter(_s[i + 1]) && (previous is '{' or '}' or ';' or ':' or '>' or ')' || _s[..i].TrimEnd().EndsWith("else", StringComparison.Ordinal))) { Code(start, i); start = i = Element(i); previous = '>'; }
            else if (c == '@' && At(Control(), i) is not null) { Code(start, i); start = i = MarkupItem(i); previous = '}'; }
            else if (Comment(i) is var past && past > i) i = past;
            else { if (!char.IsWhiteSpace(c)) previous = c; i++; }
        }
    }

    private int Element(int i)
    {
        var (name, outer) = (At(Tag(), i)!.Groups[1].Value, _ownLanguage);
        for (i += name.Length + 1; _s[i] != '>';)
        {
            if (_s.AsSpan(i).StartsWith("/>")) { _ownLanguage = outer; return i + 2; }
            if (At(Attribute(), i) is not { } attribute) { i++; continue; }
            _ownLanguage |= attribute.Groups[1].Value == "lang";
            i = Value(i + attribute.Length, attribute.Groups[2].Value[0], attribute.Groups[1].Value);
        }
        i++;
        _ownLanguage |= name is "code" or "kbd";
        if (name is "style" or "script") return _s.IndexOf("</" + name, i, StringComparison.Ordinal);
        if (!Void.Contains(name)) while (!_s.AsSpan(i).StartsWith("</")) i = MarkupItem(i);
        _ownLanguage = outer;
        if (Void.Contains(name)) return i;
        return _s.IndexOf('>', i) + 1;
    }

    private int Value(int i, char quote, string attribute)
    {
        var words = new StringBuilder();
        while (_s[i] != quote)
            if (_s[i] == '@' && (_s[i + 1] == '(' || char.IsLetter(_s[i + 1]) || _s[i + 1] == '_')) { var end = Expression(i); Code(i, end); i = end; }
            else if (IsString(i)) { var end = SkipString(i); Add(i, end); i = end; }
            else words.Append(_s[i++]);
        if (Seen.Contains(attribute) && !_ownLanguage) Markup.Add(new Words(words.ToString().Trim(), attribute));
        return i + 1;
    }

    private int Expression(int i)
    {
        if (_s[i + 1] == '(') return Balanced(i + 1);
        for (i += At(Name(), i)!.Length; i < _s.Length;)
            if (_s[i] is '(' or '[') i = Balanced(i);
            else if (At(Member(), i) is { } member) i += member.Length;
            else break;
        return i;
    }

    private Match? At(Regex pattern, int i) => pattern.Match(_s, i) is { Success: true } match && match.Index == i ? match : null;

    [GeneratedRegex(@"'((?:[^'\\\n]|\\.)*)'|`([^`]*)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\$\{[^{}]*\}")]
    private static partial Regex ScriptHole();

    [GeneratedRegex("^[$@]{1,2}\"")]
    private static partial Regex Prefix();

    [GeneratedRegex(@"\G'(\\[^']+|[^\\'])'")]
    private static partial Regex Character();

    [GeneratedRegex(@"\G@code\s*\{")]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\G@(page|inherits|inject|implements|using|typeparam|layout|attribute|rendermode)\b.*\n?")]
    private static partial Regex Directive();

    [GeneratedRegex(@"\G@(if|foreach|for|while|switch|lock|using)\s*\(")]
    private static partial Regex Control();

    [GeneratedRegex(@"\G\s*else(\s+if\s*)?")]
    private static partial Regex Else();

    [GeneratedRegex(@"\G<([\w.]+)")]
    private static partial Regex Tag();

    [GeneratedRegex("""\G([@\w:.-]+)=(["'])""")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"\G@(await )?[A-Za-z_]\w*")]
    private static partial Regex Name();

    [GeneratedRegex(@"\G(!(?=[.\[(])|\??\.[A-Za-z_]\w*)")]
    private static partial Regex Member();
}
