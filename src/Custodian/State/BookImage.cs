using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Serment.Custodian.State;

/// <summary>
/// What books hold in memory, as bytes and back: every field of theirs, so that a field added later is kept without anybody
/// thinking of it. Made of values, of collections of values, of dictionaries from values to books. An image of books that are
/// built otherwise, or of another runtime, is not taken back: the journal says the same, only slower. decisions/0012.
/// </summary>
internal static class BookImage
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <param name="Outline">Names the types and fields all the way down.</param>
    /// <param name="Read">Fills the collection or book that it is given, or gives a value.</param>
    private sealed record Form(string Outline, Action<BinaryWriter, object?> Write, Func<BinaryReader, object?, object?> Read);

    private static readonly ConcurrentDictionary<Type, Form> Forms = [];

    /// <summary>Under the lock of who owns the books.</summary>
    public static byte[] Take(IReadOnlyList<object> books)
    {
        using var stream = new MemoryStream();
        using var to = new BinaryWriter(stream);
        to.Write(Outline(books));
        foreach (var book in books) FormOf(book.GetType()).Write(to, book);
        return stream.ToArray();
    }

    /// <summary>Puts everything back into empty books; false, and nothing touched, when they are not built as those of the image were.</summary>
    public static bool Restore(byte[] image, IReadOnlyList<object> books)
    {
        using var from = new BinaryReader(new MemoryStream(image));
        if (!from.ReadBytes(32).AsSpan().SequenceEqual(Outline(books))) return false;
        foreach (var book in books) FormOf(book.GetType()).Read(from, book);
        return true;
    }

    private static byte[] Outline(IReadOnlyList<object> books) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{Environment.Version} {string.Join(' ', books.Select(book => FormOf(book.GetType()).Outline))}"));

    private static Form FormOf(Type type) => Forms.GetOrAdd(type, static type =>
        type.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ICollection<>)) is { } collection ? Made(nameof(CollectionForm), collection.GetGenericArguments())
        : type.Assembly == typeof(BookImage).Assembly && type.IsClass ? BookForm(type)
        : throw new NotSupportedException($"{type} is not kept across restarts"));

    /// <summary>A class of ours: its fields, in the order of their names.</summary>
    private static Form BookForm(Type type)
    {
        var fields = type.GetFields(Own).OrderBy(field => field.Name, StringComparer.Ordinal)
            .Select(field => (Field: field, Form: field.FieldType.IsValueType ? Made(nameof(ValueForm), [field.FieldType]) : FormOf(field.FieldType))).ToArray();
        return new Form($"{type.Name}{{{string.Join(',', fields.Select(f => $"{f.Field.Name}:{f.Form.Outline}"))}}}",
            (to, book) => { foreach (var (field, form) in fields) form.Write(to, field.GetValue(book)); },
            (from, book) =>
            {
                foreach (var (field, form) in fields)
                    if (field.FieldType.IsValueType) field.SetValue(book, form.Read(from, null));
                    else form.Read(from, field.GetValue(book));
                return book;
            });
    }

    private static Form CollectionForm<T>()
    {
        var pair = typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(KeyValuePair<,>) && RuntimeHelpers.IsReferenceOrContainsReferences<T>();
        if (pair) return Made(nameof(ShelfForm), typeof(T).GetGenericArguments());
        Plain<T>();
        return new Form($"[{typeof(T)} {Unsafe.SizeOf<T>()}]",
            (to, held) =>
            {
                var all = (ICollection<T>)held!;
                to.Write(all.Count);
                foreach (var one in all) WriteValue(to, one);
            },
            (from, held) =>
            {
                for (var left = from.ReadInt32(); left > 0; left--) ((ICollection<T>)held!).Add(ReadValue<T>(from));
                return held;
            });
    }

    /// <summary>A dictionary from values to books.</summary>
    private static Form ShelfForm<TKey, TBook>() where TBook : class
    {
        Plain<TKey>();
        var form = FormOf(typeof(TBook));
        return new Form($"[{typeof(TKey)} {Unsafe.SizeOf<TKey>()} {form.Outline}]",
            (to, held) =>
            {
                var all = (ICollection<KeyValuePair<TKey, TBook>>)held!;
                to.Write(all.Count);
                foreach (var (key, book) in all)
                {
                    WriteValue(to, key);
                    form.Write(to, book);
                }
            },
            (from, held) =>
            {
                for (var left = from.ReadInt32(); left > 0; left--)
                {
                    var (key, book) = (ReadValue<TKey>(from), (TBook)Activator.CreateInstance(typeof(TBook), nonPublic: true)!);
                    form.Read(from, book);
                    ((ICollection<KeyValuePair<TKey, TBook>>)held!).Add(new(key, book));
                }
                return held;
            });
    }

    private static Form ValueForm<T>()
    {
        Plain<T>();
        return new Form($"{typeof(T)} {Unsafe.SizeOf<T>()}", (to, value) => WriteValue(to, (T)value!), (from, _) => ReadValue<T>(from));
    }

    private static void Plain<T>()
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>()) throw new NotSupportedException($"{typeof(T)} is not kept across restarts");
    }

    private static void WriteValue<T>(BinaryWriter to, T value) => to.Write(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, byte>(ref value), Unsafe.SizeOf<T>()));

    private static T ReadValue<T>(BinaryReader from)
    {
        T value = default!;
        from.BaseStream.ReadExactly(MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref value), Unsafe.SizeOf<T>()));
        return value;
    }

    private static Form Made(string form, Type[] types) => (Form)typeof(BookImage).GetMethod(form, BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(types).Invoke(null, [])!;
}
