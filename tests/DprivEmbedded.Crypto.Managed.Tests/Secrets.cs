using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>Looks for what an object still knows.</summary>
internal static class Secrets
{
    /// <summary>The start of SHA-256, which is no secret. Source: FIPS 180-4 section 5.3.3.</summary>
    private static readonly uint[] s_start = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    /// <summary>Names the fields, of the object and of those that it holds, that are not zero.</summary>
    public static List<string> Left(object target)
    {
        List<string> left = [];
        Look(target, target.GetType().Name, left, []);
        return left;
    }

    private static void Look(object target, string path, List<string> left, HashSet<object> seen)
    {
        if (!seen.Add(target))
            return;

        for (Type? type = target.GetType(); type != null && type != typeof(object); type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                string name = path + "." + field.Name;
                object? value = field.GetValue(target);
                bool clean = value switch
                {
                    byte[] bytes => bytes.All(b => b == 0),
                    uint[] words => words.All(w => w == 0) || words.SequenceEqual(s_start),
                    ulong[] words => words.All(w => w == 0),
                    ulong word => word == 0,
                    _ => true,
                };
                if (!clean)
                    left.Add(name);

                if (value != null && value.GetType().Assembly == typeof(ManagedProvider).Assembly)
                    Look(value, name, left, seen);
            }
        }
    }
}
